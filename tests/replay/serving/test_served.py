"""Promises of `nexdiag.replay.serving.served`."""

import msgspec

from nexdiag.replay.serving import served
from nexdiag.replay.serving.served import Served


def test_the_words_are_told_apart() -> None:
    """Each says one thing, so that a door can count them."""
    words = [value for name, value in vars(served).items() if name.isupper()]
    assert len(words) == len(set(words)) == 7


def test_what_is_told_is_plain_values() -> None:
    """It can be written as a line of JSON."""
    one = Served(what=served.AWAY, method="CONNECT", target="h:443", status=403, host="h:443", why="closed")
    assert msgspec.json.decode(msgspec.json.encode(one), type=Served) == one
