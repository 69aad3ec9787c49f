"""Promises of `nexdiag.runner.replaying.verdict.compared`."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import URL, chat, said, user
from strategies_wire import bodies_raw

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.exchange import Request
from nexdiag.runner.replaying.verdict import compared

HISTORY = (user("one"), said("a"), user("two"))


def pointers(recorded: Request, asked: Request, shared: int = 0) -> list[str]:
    """Where the two differ."""
    return [one.pointer for one in compared.differences(recorded, asked, shared=shared)]


@pytest.mark.parametrize("splitter", [None, Splitter()], ids=["raw", "split"])
def test_what_a_model_reads_first_is_told_first(splitter: Splitter | None) -> None:
    """The conversation goes before other fields, and counts its places from the beginning."""
    before = chat(*HISTORY, splitter=splitter, temperature=1)
    after = chat(*HISTORY[:2], user("three"), splitter=splitter, temperature=2)
    assert compared.shared_messages(before, after) == 2
    assert pointers(before, after, 2) == ["/messages/2/content", "/temperature"]


def test_another_address_goes_before_all() -> None:
    """A request that went elsewhere is named by that."""
    assert pointers(chat(user("a")), chat(user("b"), url="http://other/v2/chat")) == ["(path)", "/messages/0/content"]


def test_an_entry_put_in_between_is_one_difference_at_its_place() -> None:
    """What is longer by one differs in one place, whose number is that of the whole conversation."""
    splitter = Splitter()
    before, after = (chat(*one, splitter=splitter) for one in (HISTORY, (*HISTORY[:2], user("new"), HISTORY[2])))
    (one,) = compared.differences(before, after, shared=2, turn=7)
    assert (one.pointer, one.kind, one.turn) == ("/messages/2", "added", 7)


def test_the_order_of_tools_is_no_difference() -> None:
    """Tools that stand elsewhere are the same tools; one that changed is compared with the one of its name."""
    one, two = ({"type": "function", "function": {"name": name, "description": "x"}} for name in "ab")
    changed = {"type": "function", "function": {"name": "a", "description": "y"}}
    assert pointers(chat(tools=[one, two]), chat(tools=[two, one])) == []
    assert pointers(chat(tools=[one, two]), chat(tools=[two, changed])) == ["/tools/0/function/description"]
    assert compared.differing_fields(chat(tools=[one, two]), chat(tools=[two, one])) == frozenset()


def test_white_space_and_the_order_of_keys_are_shared() -> None:
    """Messages that mean the same are shared, however they are written."""
    left = Request(method="POST", url=URL, body=Body.of(b'{"messages": [{"role":"user","content":"x"}]}'))
    right = Request(method="POST", url=URL, body=Body.of(b'{"messages":[ {"content":"x", "role":"user"}]}'))
    assert compared.shared_messages(left, right) == compared.messages(left) == 1
    assert pointers(left, right, 1) == []


def test_nothing_before_the_shared_end_is_read() -> None:
    """Of a long conversation only what is new is compared: the rest may be anything."""
    splitter = Splitter()
    same = tuple(user(str(number)) for number in range(500))
    before, after = (chat(*same, user(end), splitter=splitter) for end in "ab")
    assert compared.shared_messages(before, after) == 500
    assert pointers(before, after, 500) == ["/messages/500/content"]
    assert compared.added(after, 500) == [json.dumps(user("b")).encode()]
    assert compared.message(after, 500) == user("b")
    assert compared.message(after, 501) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no json",
        b"[1]",
        b'{"messages":7}',
        b'{"messages":null,"input":[]}',
        b"[" * 5000,
        b'{"a":' * 3000,
        b"\xff",
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_a_body_that_is_anything_is_compared_as_what_it_is(raw: bytes) -> None:
    """It has no conversation, differs from another, and not from itself."""
    odd = Request(method="POST", url=URL, body=Body.of(raw))
    assert pointers(odd, odd) == []
    assert pointers(chat(user("x")), odd) != []
    assert compared.shared_messages(odd, chat(user("x"))) == 0


@given(st.tuples(bodies_raw, bodies_raw))
def test_two_bodies_differ_or_mean_the_same(raws: tuple[bytes, bytes]) -> None:
    """Whatever they are: it never raises, and finds nothing between equal ones."""
    splitter = Splitter()
    left, right = (Request(method="POST", url=URL, body=splitter.split(raw)) for raw in raws)
    shared = compared.shared_messages(left, right)
    assert shared <= min(compared.messages(left), compared.messages(right))
    list(compared.differences(left, right, shared=shared))
    assert compared.differences(left, left, shared=compared.messages(left)) == ()
