"""A cassette for the clients of this process: `use_cassette` and `record`.

scope     the block or function in which it holds         modes     what a record mode means (pure)
tape      one cassette in use: played, recorded, refused   keeper    the half of it that records
frames    which tape a request meets                       clients   where httpx and httpx2 are led to it
watch     who goes past                                    verdict   what is said at the end

Law: nothing of httpx or httpx2 is changed outside of a scope; a tape that plays never goes live.
"""

from nexdiag.runner.tape.scope import Scope, record, use_cassette
from nexdiag.runner.tape.tape import Tape

__all__ = ["Scope", "Tape", "record", "use_cassette"]
