"""An event stream → Told: read once, and quickly where it is as a client expects it.

    clean       every data line is an event of known shape: all are decoded at once (fast.py)
    otherwise   event by event, as plain JSON values, and what is odd is noted (slow.py)

Law: reading never raises, and both ways tell the same of a clean stream.
"""

from nexdiag.lint.seen.fast import read_clean
from nexdiag.lint.seen.slow import read_odd
from nexdiag.lint.seen.told import Told


def read_stream(text: bytes) -> Told:
    """What a stream told."""
    told = read_clean(text)
    return read_odd(text) if told is None else told
