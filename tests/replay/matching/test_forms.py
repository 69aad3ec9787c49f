"""Promises of `nexdiag.replay.matching.forms`."""

import json
from collections.abc import Callable

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.exchange import Request
from nexdiag.replay.matching.canonical import values_of
from nexdiag.replay.matching.dates import Now
from nexdiag.replay.matching.directories import Places
from nexdiag.replay.matching.forms import Field, Reader
from nexdiag.replay.matching.rules import parse
from nexdiag.replay.matching.setting import Setter

Make = Callable[[bytes], Body]
UUIDS = [f"call_01a2060d-8e53-75c1-88cf-bb3c5219000{number}" for number in range(4)]


def reader(*rules: str) -> Reader:
    """One at a time and place."""
    return Reader(Setter(parse(rules)), Now(20_780), Places([("/w", 1)]))


def field(reading: Reader, value: object, *, name: str = "messages", make: Make | None = None) -> Field:
    """What a body's field means."""
    body = (make or Splitter().split)(json.dumps({name: value}, separators=(",", ":")).encode())
    return reading.field(name, (values_of(body) or {})[name])


def test_it_does_not_count_how_a_list_is_kept() -> None:
    """As links, or as text: the same node."""
    reading = reader()
    said = [{"role": "user", "content": "in /w"}, {"role": "user", "content": "b"}]
    first = field(reading, said)
    assert first.node is field(reading, said).node is field(reading, said, make=Body.of).node
    assert first.node is not None
    assert (first.node.depth, first.taken) == (2, first.node.taken)


def calls(*order: int, ids: list[str]) -> list[dict[str, object]]:
    """Two calls at once, and their results in an order."""
    made = [{"id": one, "type": "function", "function": {"name": "f", "arguments": "{}"}} for one in ids]
    said = {"role": "assistant", "tool_calls": made}
    return [said, *({"role": "tool", "tool_call_id": ids[at], "content": str(at)} for at in order)]


def test_generated_ids_still_say_which_call_a_result_answers() -> None:
    """Other ids are the same; results that swapped their calls are not."""
    reading = reader()
    first, other = field(reading, calls(0, 1, ids=UUIDS[:2])), field(reading, calls(0, 1, ids=UUIDS[2:]))
    assert first.digest == other.digest
    swapped = calls(0, 1, ids=UUIDS[:2])
    swapped[1]["tool_call_id"], swapped[2]["tool_call_id"] = UUIDS[1], UUIDS[0]
    assert field(reading, swapped).digest != first.digest


def test_results_of_very_many_calls_keep_their_pairing() -> None:
    """However many calls stand between one and its result."""
    reading = reader()
    ids = [f"call_01a2060d-8e53-75c1-88cf-bb3c5219{number:04}" for number in range(600)]
    both = calls(*range(300), ids=ids[:300]), calls(*range(300), ids=ids[300:])
    first, other = (field(reading, said).digest for said in both)
    assert first == other
    both[0][250]["tool_call_id"], both[0][260]["tool_call_id"] = ids[259], ids[249]
    assert field(reading, both[0]).digest != first


def test_an_entry_that_is_set_aside_in_whole_was_never_there() -> None:
    """Present on one side, absent on the other: the same list, and it is noted."""
    reading = reader("/messages/1")
    short, long = ([{"a": 1}], [{"a": 1}, {"b": 2}])
    one, two = field(reading, short), field(reading, long)
    assert one.digest == two.digest
    assert one.taken != two.taken
    assert two.node is not None
    assert two.node.depth == 1


def test_the_first_message_that_a_person_wrote_opens_a_conversation() -> None:
    """Not what a program put between tags, unless nothing else comes; a text opens its own."""
    reading = reader()

    def opening(*said: tuple[str, object]) -> object:
        return field(reading, [{"role": role, "content": content} for role, content in said]).opening

    plain = opening(("user", "fix it"))
    assert opening(("system", "s"), ("user", "<environment_context>…"), ("user", "fix it"), ("user", "b")) == plain
    assert opening(("user", "<a>")) == opening(("user", "<a>"), ("assistant", "b")) != plain
    assert opening(("assistant", "a")) is None
    assert opening(("user", [{"type": "input_text", "text": "fix it"}])) not in (plain, None)
    assert field(reading, "fix it", name="input").opening is not None


def test_a_chat_that_goes_on_costs_its_new_text() -> None:
    """Of 500 requests with up to 1000 messages, each message is read once."""
    reading, splitter = reader(), Splitter()
    walked: list[object] = []
    walk = reading._walked
    reading._walked = lambda *args: walked.append(args) or walk(*args)  # type: ignore[method-assign,func-returns-value]
    said = [{"role": "user", "content": str(number)} for number in range(1000)]
    for size in range(2, 1001, 2):
        field(reading, said[:size], make=splitter.split)
    assert len(walked) == 1000


def test_a_view_shows_marks() -> None:
    """And leaves out what is set aside in whole; what is no JSON object is shown as text."""
    reading = reader()
    value = {"user": "me", "tools": [{"b": 1}], "messages": [{"role": "user", "content": "in /w"}], "n": 1}
    body = Splitter().split(json.dumps(value).encode())
    asked = Request(method="POST", url="http://h/v1", body=body)
    assert reading.view(values_of(body), asked) == {
        "tools": [{"b": 1}],
        "messages": [{"role": "user", "content": "in ⟦cwd 1⟧"}],
        "n": 1,
    }
    assert reading.view(None, Request(method="POST", url="http://h/v1", body=Body.of(b"no\xff"))) == "no�"
