"""Promises of `nexdiag.codec.body`."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies_wire import bodies_raw, chat_bodies, chats, separators

from nexdiag.codec.body import DEEPEST, Splitter, depth


@given(bodies_raw)
@example(b"")
@example(b"{}")
@example(b"{ }")
@example(b"[]")
@example(b'{"a":1,"a":2}')
@example(b'{"\\u0061":1}')
@example(b'{"a\\nb":1,"\\"":[{}]}')
@example(b'{"a":"\xff"}')
@example(b'\xef\xbb\xbf{"a":1}')
@example(b'{"messages":[]}')
@example(b'{"messages":[{},{}, {}]}')
@example(b'{"messages": [{},{}], "b": [{}, {}]}')
@example(b'{"a":1, "b":2,"c":3}')
@example(b'{"a":' + b"9" * 10_000 + b"}")
@example(b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}")
@example(b'{"a":[' + b'{"b":' * 5000 + b"1" + b"}" * 5000 + b"]}")
@example(b'{\n  "messages": [\n    {}\n  ]\n}')
@example(b'{"a":1}\n')
@example(b' {"a":1}')
@example(b'{"a":{"$link":0}}')
@example(b'{"a":"\\ud800"}')
def test_split_gives_the_bytes_back(raw: bytes) -> None:
    """The law: whatever a body is, its parts rebuild it byte for byte."""
    assert Splitter().split(raw).join() == raw


@given(st.lists(bodies_raw, max_size=4))
def test_bodies_split_together_do_not_disturb_each_other(raws: list[bytes]) -> None:
    """What a splitter remembers never leaks into another body."""
    splitter = Splitter()
    bodies = [splitter.split(raw) for raw in raws]
    assert [body.join() for body in bodies] == raws


@given(chats, separators)
def test_any_consistent_separators_give_parts(chat: dict[str, object], between: tuple[str, str, str]) -> None:
    """A body is kept as parts whatever stands between them, as long as it is always the same."""
    comma, colon, item_comma = between
    lists = {
        key: "[" + item_comma.join(json.dumps(entry) for entry in value) + "]"
        for key, value in chat.items()
        if isinstance(value, list)
    }
    fields = (json.dumps(key) + colon + lists.get(key, json.dumps(value)) for key, value in chat.items())
    raw = ("{" + comma.join(fields) + "}").encode()
    body = Splitter().split(raw)
    assert body.raw is None
    assert body.join() == raw
    last = body.last_link("messages")
    assert (last.depth if last else 0) == len(chat["messages"])  # type: ignore[arg-type]


@given(chat_bodies())
def test_a_chat_on_one_line_is_split(raw: bytes) -> None:
    """The two usual styles, compact and Python's, always give parts."""
    assert Splitter().split(raw).raw is None


def test_a_growing_chat_shares_its_past() -> None:
    """The messages that two requests have in common are the same links, and the same last link if none is new."""
    splitter = Splitter()
    first, second, again = (
        splitter.split(b'{"model":"m","messages":[%s]}' % b",".join(b'{"n":%d}' % n for n in range(size)))
        for size in (3, 5, 3)
    )
    last = second.last_link("messages")
    assert last is not None
    assert last.depth == 5
    assert last.at(3) is first.last_link("messages")
    assert again.last_link("messages") is first.last_link("messages")


def test_equal_texts_are_one_object() -> None:
    """A message that stands in two different lists is kept in memory once."""
    splitter = Splitter()
    a = splitter.split(b'{"messages":[{"x":1},{"y":1}]}').last_link("messages")
    b = splitter.split(b'{"messages":[{"z":1},{"y":1}]}').last_link("messages")
    assert a is not None
    assert b is not None
    assert a is not b
    assert a.raw is b.raw


def test_a_list_with_separators_of_its_own_stays_text() -> None:
    """One oddly written list does not cost the others their links."""
    raw = b'{"messages":[{"a":1},{"a":2}],"tools":[{"b":1}, {"b":2}]}'
    body = Splitter().split(raw)
    assert body.last_link("messages") is not None
    assert body.last_link("tools") is None
    assert body.join() == raw


@pytest.mark.parametrize(("levels", "parts"), [(DEEPEST, True), (DEEPEST + 1, False)])
def test_what_a_reader_could_not_follow_stays_whole(levels: int, *, parts: bool) -> None:
    """Bodies are split up to a depth that every later reader can bear, wherever it is called from."""
    raw = b'{"a":' + b"[" * levels + b"]" * levels + b"}"
    assert (Splitter().split(raw).raw is None) == parts


@pytest.mark.parametrize(
    "raw", [b'{"a":"\xff"}', b'{"m":[{"a":"\xe2\x82"}]}', b'{"a":[\n1]}', b'{"m":[{\r\n}]}', b'{"a":1}\n']
)
def test_parts_fit_on_a_line_of_text(raw: bytes) -> None:
    """What is no UTF-8, and what holds line ends, cannot stand in a cassette as parts."""
    assert Splitter().split(raw).raw == raw


def test_brackets_in_strings_are_no_depth() -> None:
    """Only structure counts, so that a message full of brackets is still shared."""
    text = json.dumps(["[{" * 200, '\\"[[[[' * 100]).encode()
    assert depth(text) == 1
    assert depth(b'{"a":[[],[]],"b":' + b"[]," * 200 + b"[]}") == 3


def growing(turns: int, *, tools: bool) -> list[bytes]:
    """The bodies of a chat that sends its history each time."""
    said: list[dict[str, str]] = []
    bodies = []
    for number in range(turns):
        said.append({"role": "user", "content": f"question {number}"})
        more = {"tools": [{"name": "a"}, {"name": "b"}]} if tools else {}
        bodies.append(json.dumps({"model": "m", "messages": said, **more, "stream": True}).encode())
        said.append({"role": "assistant", "content": f"answer {number}"})
    return bodies


@pytest.mark.parametrize("tools", [True, False])
def test_a_growing_chat_is_read_once(tools: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its first body is read whole: each later one costs what it adds; also where two chats take turns."""
    splitter, whole = Splitter(), []
    read_whole = splitter._split_whole
    monkeypatch.setattr(splitter, "_split_whole", lambda raw: whole.append(raw) or read_whole(raw))
    one = growing(20, tools=tools)
    other = [raw.replace(b'"m"', b'"n"') for raw in one]
    raws = [raw for pair in zip(one, other, strict=True) for raw in pair]
    bodies = [splitter.split(raw) for raw in raws]
    assert [body.join() for body in bodies] == raws
    assert whole == raws[:2]
    for before, after in zip(bodies, bodies[2:], strict=False):
        long, short = after.last_link("messages"), before.last_link("messages")
        assert long is not None
        assert short is not None
        assert long.at(short.depth) is short
    assert (bodies[-1].last_link("tools") is not None) == tools


@given(chat_bodies(), st.binary(max_size=30) | st.sampled_from([b"", b"]}", b',{}],"x":1}', b', {"a":1}]}', b"],}"]))
def test_whatever_follows_a_known_beginning_comes_back(raw: bytes, rest: bytes) -> None:
    """The law holds for bodies that begin as another did and end in any way."""
    splitter = Splitter()
    splitter.split(raw)
    for size in (len(raw), raw.rfind(b"]"), raw.rfind(b"}]") + 1):
        changed = raw[: max(size, 0)] + rest
        assert splitter.split(changed).join() == changed


def test_a_chat_that_names_a_field_twice_is_kept_whole() -> None:
    """Also where the second one follows a beginning that is known."""
    splitter = Splitter()
    splitter.split(b'{"model":"m","messages":[{"a":1}]}')
    raw = b'{"model":"m","messages":[{"a":1},{"b":2}],"model":"n"}'
    assert splitter.split(raw).raw == raw


def test_memory_has_an_end() -> None:
    """With a limit a splitter forgets what it has seen, and its bodies still give their bytes back."""
    splitter = Splitter(limit=10_000)
    for raw in growing(300, tools=True):
        assert splitter.split(raw).join() == raw
        assert sum(len(text) for text in splitter._texts) < 30_000
