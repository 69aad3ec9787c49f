"""Promises of `nexdiag.replay.matching.verbatim`."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_wire import bodies_raw

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body, Field, Link
from nexdiag.core.exchange import Request
from nexdiag.replay.matching.verbatim import LONGEST, Verbatim

URL = "http://h/v1/chat/completions?a=1"
PATH = "/v1/chat/completions?a=1"


def asked(body: Body) -> Request:
    """A request with this body."""
    return Request(method="POST", url=URL, body=body)


def field(link: Link) -> Field:
    """The conversation that ends with this link."""
    return Field(key=b'"messages"', value=link)


@given(st.lists(bodies_raw, min_size=1, max_size=6))
def test_a_request_is_found_by_its_very_bytes(raws: list[bytes]) -> None:
    """However a body is kept, its bytes find the first place where they stand, and no others do."""
    split = Splitter().split
    found = Verbatim(asked(split(raw)) for raw in raws)
    for raw in raws:
        assert found.place("POST", PATH, raw) == raws.index(raw)
        other = raw + b" "
        assert found.place("POST", PATH, other) == (raws.index(other) if other in raws else None)
    assert found.place("GET", PATH, raws[0]) is None
    assert found.place("POST", PATH.replace("1", "2"), raws[0]) is None


@given(st.lists(st.sampled_from("ab"), max_size=6), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_a_chat_that_goes_on_is_found_at_each_of_its_turns(said: list[str], written: tuple[str, str]) -> None:
    """Each beginning of it is a request of its own, and what stands behind the conversation counts."""
    split = Splitter().split
    values = [{"model": "m", "messages": [{"content": one} for one in said[:end]], "n": 1} for end in range(len(said))]
    raws = [json.dumps(value, separators=written).encode() for value in values]
    found = Verbatim(asked(split(raw)) for raw in raws)
    assert [found.place("POST", PATH, raw) for raw in raws] == list(range(len(raws)))
    assert all(found.place("POST", PATH, raw.replace(b"1", b"2")) is None for raw in raws)


def test_what_stands_before_the_conversation_counts() -> None:
    """The same messages under another model, or written with other white space, are another request."""
    split = Splitter().split
    raws = [b'{"model":"%s","messages":[{"a":1},{"b":2}]}' % model for model in (b"m", b"n")]
    raws += [raw.replace(b"},{", b"}, {") for raw in raws]
    found = Verbatim(asked(split(raw)) for raw in raws)
    assert [found.place("POST", PATH, raw) for raw in raws] == [0, 1, 2, 3]


def test_of_a_chat_that_goes_on_only_what_is_new_is_read() -> None:
    """A chat of many turns is indexed in as many steps, and not in their square."""
    read = 0

    class Counted(Link):
        __slots__ = ()

        def __getattribute__(self, name: str) -> object:
            nonlocal read
            read += name == "before"
            return super().__getattribute__(name)

    link, requests = None, []
    for turn in range(200):
        link = Counted(b'{"content":"%d"}' % turn, link)
        requests.append(asked(Body(fields=(field(link),))))
    Verbatim(requests)
    assert read < 200 * 4


@pytest.mark.parametrize(("more", "place"), [(0, 0), (1, None)])
def test_a_long_body_is_not_looked_for(more: int, place: int | None) -> None:
    """To read what is new in it costs less than a look at all of it."""
    raw = b"x" * (LONGEST + more)
    assert Verbatim([asked(Body.of(raw))]).place("POST", PATH, raw) == place
