"""Cassettes: JSON Lines ⇄ `Cassette`. The format is specified in docs/reference/cassette.md.

Writing is incremental: an `Encoder` gives the lines that one more exchange adds, and each message that any
request carried is written once. Reading takes what is there: a torn tail ends it, and is told.

Law: what an `Encoder` gave can be read, whatever it was given; and cut anywhere after the header, it still can.
"""

from nexdiag.codec.cassette.encoder import Encoder, encode
from nexdiag.codec.cassette.reader import decode, resumed

__all__ = ["Encoder", "decode", "encode", "resumed"]
