"""Promises of `nexdiag.replay.matching.canonical`: what counts in a request."""

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_wire import bodies_raw, chats

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.exchange import Request
from nexdiag.replay.matching.canonical import Canonical, Reading, address_of

READ = Canonical().read


def read(body: Body | bytes, *, canonical: Canonical | None = None, method: str = "POST", path: str = "/v1") -> Reading:
    """The reading of a request with that body."""
    body = Splitter().split(body) if isinstance(body, bytes) else body
    return (canonical or Canonical()).read(Request(method=method, url=f"http://h{path}", body=body))


def shuffled(value: object, chance: random.Random) -> object:
    """The same value with the keys of each object in another order."""
    if isinstance(value, dict):
        keys = chance.sample(sorted(value), len(value))
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(entry, chance) for entry in value] if isinstance(value, list) else value


@given(chats, st.randoms(use_true_random=False), st.sampled_from([None, 2]), st.booleans())
def test_spelling_does_not_count(chat: dict[str, object], chance: random.Random, indent: int, ascii_only: bool) -> None:
    """White space, the order of keys, escapes and the order of tools change nothing."""
    other = shuffled(chat, chance)
    assert isinstance(other, dict)
    tools = other.get("tools")
    if isinstance(tools, list):
        chance.shuffle(tools)
    left = read(json.dumps(chat, separators=(",", ":")).encode())
    right = read(json.dumps(other, indent=indent, ensure_ascii=ascii_only).encode())
    assert left.key == right.key


@given(bodies_raw)
def test_it_does_not_count_how_a_body_is_kept(raw: bytes) -> None:
    """Split by whichever splitter, or not at all: it is the same request, and the same conversation."""
    canonical = Canonical()
    whole, split, again = (
        read(body, canonical=canonical) for body in (Body.of(raw), Splitter().split(raw), Splitter().split(raw))
    )
    assert whole.key == split.key == again.key
    assert whole.conversation is split.conversation is again.conversation


@given(chats, chats)
def test_meaning_counts(left: dict[str, object], right: dict[str, object]) -> None:
    """Two requests that say different things are different."""
    same = {**left, "tools": sorted(map(str, left.get("tools", [])))} == {  # type: ignore[arg-type]
        **right,
        "tools": sorted(map(str, right.get("tools", []))),  # type: ignore[arg-type]
    } and ("tools" in left) == ("tools" in right)
    assert (read(json.dumps(left).encode()).key == read(json.dumps(right).encode()).key) == same


BASE = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}


@pytest.mark.parametrize(
    "change",
    [
        {"model": "other"},
        {"model": None},
        {"stream": True},
        {"messages": BASE["messages"][::-1]},
        {"messages": BASE["messages"][:1]},
        {"messages": "a"},
        {"tools": []},
        {"temperature": 0},
    ],
)
def test_every_field_counts(change: dict[str, object]) -> None:
    """Another model, another order of messages, a field more: another request."""
    assert read(json.dumps(BASE).encode()).key != read(json.dumps(BASE | change).encode()).key


def test_method_and_path_count_and_the_host_does_not() -> None:
    """A recording of one host answers for another, but not for another path or query."""
    keys = {
        read(b"", method=method, path=path).key
        for method in ("GET", "POST", "post")
        for path in ("/v1", "/v2", "/v1?a=1", "/v1?a=2")
    }
    assert len(keys) == 8
    asked = [Request(method="GET", url=url) for url in ("http://a/v1", "https://b:1/v1")]
    assert Canonical().read(asked[0]).key == Canonical().read(asked[1]).key


def test_redacted_parameters_are_told_apart() -> None:
    """Two secrets are two requests: only a rule makes them one, and never one with a star, or with none."""
    paths = ("[redacted 0123abcd]", "[redacted 4567abcd]", "*", "plain", "")
    asked = [Request(method="POST", url=f"http://h/v1?key={path}", body=Body.of(b"")) for path in paths]
    assert len({Canonical().read(one).key for one in asked}) == 5
    addresses = {tuple(address_of(one)) for one in asked}
    assert address_of(asked[0]) == address_of(asked[1])
    assert len(addresses) == 4


@pytest.mark.parametrize("make", [Body.of, Splitter().split])
def test_a_name_that_stands_twice_is_not_read_as_its_last(make: Callable[[bytes], Body]) -> None:
    """Whoever reads it as the first would answer otherwise: such a request counts by its bytes."""
    plain = b'{"model":"m","messages":[{"role":"user","content":"go\\"od\\\\"}]}'
    twice = (
        plain.replace(b'"content":', b'"content":"evil","content":'),
        plain.replace(b'"messages":', b'"messages":["evil"],"messages":'),
        plain.replace(b'"model":', b'"mo\\u0064el":"x","model":'),
        plain.replace(b'"model":"m"', b'"a":{"b":{"c":1,"c":1}}'),
        plain.replace(b'"model":"m"', b'"a":{"b":{"c":1}}'),
    )
    keys = {read(make(raw)).key for raw in (plain, *twice)}
    assert len(keys) == 6
    assert read(make(twice[0])).key == read(make(twice[0])).key


def test_a_conversation_that_goes_on_shares_its_beginning() -> None:
    """The list before is the node before, also for the dialect that calls it `input`."""
    canonical = Canonical()
    for name in ("messages", "input"):
        short = read(b'{"%s":[{"a":1}]}' % name.encode(), canonical=canonical).conversation
        longer = read(b'{"%s": [{"a": 1}, {"b": 2}]}' % name.encode(), canonical=canonical).conversation
        assert short is not None
        assert longer is not None
        assert longer.before is short
        assert (short.depth, longer.depth) == (1, 2)
    assert read(b'{"messages":"text"}').conversation is None
    assert read(b"no JSON").conversation is None


@pytest.mark.parametrize(
    "raw",
    [b'{"a":"\\ud800"}', b'{"a":' + b"9" * 10**5 + b"}", b'{"a":1e999}', b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"],
)
def test_what_cannot_be_read_counts_by_its_bytes(raw: bytes) -> None:
    """Half a character, numbers without end, a deep nest: the same bytes are the same request, other bytes are not."""
    assert read(raw).key == read(Body.of(raw)).key
    assert read(raw).key != read(raw.replace(b"a", b"b")).key


def test_it_does_not_count_from_where_it_is_read() -> None:
    """A deep nest means the same at the bottom of a program and far up in its calls."""
    raw = b'{"a":' + b"[" * 600 + b"1" + b"]" * 600 + b"}"

    def from_above(calls: int) -> Reading:
        return from_above(calls - 1) if calls else read(raw)

    assert from_above(400).key == read(raw).key


@given(st.lists(st.binary(max_size=20), max_size=3))
def test_any_bytes_are_borne(raws: list[bytes]) -> None:
    """Nothing raises, whatever a body is."""
    for raw in raws:
        read(b"{" + raw + b"}")
        read(b'{"messages":[' + raw + b"]}")
