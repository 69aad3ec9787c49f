"""Faults laid over recorded answers, seeded and repeatable.

    blocks     an answer taken apart           kinds        what each kind makes of it
    refusals   what servers say                garbling     JSON that is broken
    laying     which strikes where             everywhere   every kind at each place

Law: all is decided by the recording, the faults and the seed; nothing here waits, or knows who carries an answer.
"""

from nexdiag.replay.faults.everywhere import every
from nexdiag.replay.faults.laying import Overlay, overlay

__all__ = ["Overlay", "every", "overlay"]
