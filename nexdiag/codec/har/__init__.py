"""HAR 1.2, the archive that browsers and proxies write ⇄ `Cassette`.

A foreign reader sees an ordinary archive: bodies without their content-encoding, a page for each turn. What HAR has no
key for stands in `_nexdiag`, so that our own way back is exact (`codec.beside`).
"""

from nexdiag.codec.har.reader import decode
from nexdiag.codec.har.writer import encode

__all__ = ["decode", "encode"]
