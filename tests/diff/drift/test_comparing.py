"""Two corpora: each kind of change is found, with its weight, its numbers, and the first exchange that shows it."""

from typing import Any

import msgspec
import pytest
from drifting import Alter, Answer, against, answer, changes, chunk, corpus, exchange, recorded, response, shapes, told
from made import said, user

from nexdiag.core.cassette import Cassette
from nexdiag.core.drift import Change
from nexdiag.core.exchange import Exchange
from nexdiag.core.finding import Severity
from nexdiag.diff.drift.comparing import compare

_CONTENT = "/choices/*/message/content"


def _message(made: Answer) -> dict[str, Any]:
    return made["choices"][0]["message"]


def _gone(made: Answer, _: int) -> None:
    del made["usage"]


def _sometimes(made: Answer, at: int) -> None:
    if at == 7:
        del made["usage"]


def _null(made: Answer, at: int) -> None:
    _message(made)["content"] = None if at > 4 else "Hi"


def _listed(made: Answer, _: int) -> None:
    _message(made)["content"] = [{"type": "text", "text": "Hi"}]


def _fraction(made: Answer, _: int) -> None:
    made["created"] = 1795390617.5


def _reason(made: Answer, at: int) -> None:
    made["choices"][0]["finish_reason"] = "eos" if at > 2 else "stop"


def _new(made: Answer, _: int) -> None:
    made["timings"] = {"ms": 1}


def _fingerprint(made: Answer, _: int) -> None:
    del made["system_fingerprint"]


CASES = {
    "a field that nex reads is gone": (_gone, "error", "removed", "/usage", "40/40", "0/48", 0),
    "a field is not always there any more": (_sometimes, "warning", "now-optional", "/usage", "40/40", "47/48", 7),
    "null, where the shape allows it": (_null, "warning", "now-null", _CONTENT, "0/40", "43/48", 5),
    "a text became a list": (_listed, "error", "retyped", _CONTENT, "0/40", "48/48", 0),
    "a fraction where whole numbers were": (_fraction, "warning", "type-widened", "/created", "0/40", "48/48", 0),
    "a value more": (_reason, "warning", "enum-widened", "/choices/*/finish_reason", "0/40", "45/48", 3),
    "an extension": (_new, "info", "added", "/timings", "0/40", "48/48", 0),
    "an optional field is gone": (_fingerprint, "warning", "removed", "/system_fingerprint", "40/40", "0/48", 0),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_change_of_answers_is_found(case: tuple[Alter, str, str, str, str, str, int]) -> None:
    """One change alone, with both counts and the exchange that shows it; and nothing else is told."""
    change, weight, kind, pointer, left, right, first = case
    (found,) = changes(corpus(40), corpus(48, change))
    assert told([found]) == {(weight, kind, pointer)}
    assert (str(found.left), str(found.right)) == (left, right)
    assert found.first is not None
    assert (found.first.file, found.first.exchange) == ("a", first)


def test_the_same_is_no_change_and_both_examples_are_shown() -> None:
    """A corpus against itself has none; a change shows what was, and what is."""
    assert changes(corpus(40), corpus(48)) == []
    (found,) = changes(corpus(40), corpus(48, _listed))
    assert (found.left_example, found.right_example) == ('"Good morning"', "a list of 1")


def test_too_few_exchanges_make_no_error() -> None:
    """With less than thirty on a side an error is a warning, and says so; an error needs no more than thirty."""
    for left, right, weight in ((29, 48, "warning"), (40, 29, "warning"), (30, 30, "error")):
        (found,) = changes(corpus(left), corpus(right, _gone))
        assert (found.severity, found.capped) == (weight, weight == "warning")


def test_chance_is_no_change() -> None:
    """What came once in forty, and not in the next ten, is not gone; what came in every second is."""
    rare = corpus(40, lambda made, at: made.update(x=1) if at == 3 else None)
    common = corpus(40, lambda made, at: made.update(x=1) if at % 2 else None)
    assert changes(rare, corpus(10)) == []
    assert told(changes(common, corpus(40))) == {("info", "removed", "/x")}


def test_refused_requests_are_no_evidence() -> None:
    """A field that only refused requests had is none that is accepted."""
    odd = {"model": "m", "messages": [user("Hello")], "odd": 1}
    plain = recorded(*(exchange(at, {"model": "m", "messages": []}, response(answer())) for at in range(40)))
    refused = [
        exchange(at, odd, response({"error": {"message": "no", "type": "t", "code": 400}}, 400)) for at in range(40)
    ]
    assert changes(plain, recorded(*plain.exchanges, *(_moved(one) for one in refused))) == []
    accepted = recorded(*(exchange(at, odd, response(answer())) for at in range(40)))
    assert {one.pointer for one in changes(plain, accepted) if one.direction == "request"} >= {"/odd"}


def _moved(one: Exchange) -> Exchange:
    return msgspec.structs.replace(one, id=one.id + 100)


def test_a_writer_of_requests_breaks_on_other_things() -> None:
    """A new type and a new null weigh nothing in requests, where they do in answers."""

    def asked(content: object) -> Cassette:
        messages = [user("Hello"), said("x"), {"role": "user", "content": content}]
        return recorded(
            *(exchange(at, {"model": "m", "messages": messages, "x": content}, response(answer())) for at in range(40))
        )

    found = changes(asked("Hi"), asked(None))
    assert {one.severity for one in found if one.direction == "request"} <= {Severity.INFO, Severity.WARNING}


def test_a_stream_counts_exchanges_not_chunks() -> None:
    """Hundred chunks of one exchange are no hundred witnesses; and usage in the last chunk alone is always there."""
    pieces = [chunk({"content": "x"}) for _ in range(100)]
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    one = recorded(exchange(0, {"messages": []}, response([*pieces, chunk({}, "stop", usage=usage)])))
    two = recorded(exchange(0, {"messages": []}, response([*pieces, chunk({}, "stop")])))
    (found,) = changes(one, two)
    assert (found.kind, found.severity, str(found.left)) == ("removed", "warning", "1/101 in 1 exchange")


def test_branches_are_compared_with_their_like() -> None:
    """A kind of content part that comes anew is a branch; the fields of one kind are none that another lacks."""

    def parts(*kinds: str) -> Alter:
        def change(made: Answer, _: int) -> None:
            _message(made)["content"] = [{"type": kind, kind: "x"} for kind in kinds]

        return change

    found = changes(corpus(40, parts("text")), corpus(40, parts("text", "image")))
    assert told(found) == {("warning", "branch-added", f"{_CONTENT}/*[type=image]")}
    back = changes(corpus(40, parts("text", "image")), corpus(40, parts("text")))
    assert [one.kind for one in back] == ["branch-gone"]


def test_what_only_one_side_holds_is_not_compared() -> None:
    """An endpoint or a form that a side never used is told as not checked."""
    stream = recorded(exchange(0, {"messages": []}, response([chunk({"content": "x"})])))
    _, unchecked = compare(shapes(corpus(2)).of(), shapes(stream).of())
    assert unchecked == [
        "response chat json: only the left has any (2)",
        "response chat stream: only the right has any (1)",
    ]


def test_a_fingerprint_is_of_the_change_and_not_of_its_numbers() -> None:
    """The same change in other corpora has the same fingerprint; another has another."""

    def one(count: int, change: Alter) -> Change:
        return changes(corpus(count), corpus(count, change))[0]

    assert one(10, _gone).fingerprint == one(40, _gone).fingerprint != one(40, _null).fingerprint
    assert len(one(10, _gone).fingerprint) == 12
    assert against(corpus(1, _gone)) == []


def _messages(*, end: bool = True, kind: str = "type") -> Cassette:
    """Forty streams of the Messages wire, as far as it is of use here."""
    events = [{kind: "message_start", "message": {}}, {"type": "message_delta", "delta": {}}]
    events += [{"type": "message_stop"}] * end
    url = "http://h/v1/messages"
    return recorded(*(exchange(at, {"model": "m"}, response(events), url=url) for at in range(40)))


def test_objects_that_do_not_say_what_they_are_are_told() -> None:
    """A client with types finds no type for them: an error where all said so."""
    found = changes(_messages(), _messages(kind="kind"))
    assert ("error", "now-optional", "/type") in told(found)
    assert next(one for one in found if one.pointer == "/type").breaks == "typed"


def test_an_event_that_every_stream_has_is_no_word_of_the_model() -> None:
    """Without the end of its message a stream is broken; a kind of text that is not there is not."""
    found = changes(_messages(), _messages(end=False))
    assert told(found) == {("warning", "removed", "[type=message_stop]")}


def test_what_is_always_null_where_it_was_not_is_told() -> None:
    """A finish reason that no chunk holds any more; not one that was rare, which chance explains."""

    def streams(reasons: int) -> Cassette:
        made = (response([chunk({"content": "a"}), chunk({}, "stop" if at < reasons else None)]) for at in range(40))
        return recorded(*(exchange(at, {"model": "m"}, one) for at, one in enumerate(made)))

    pointer = "[object=chat.completion.chunk]/choices/*/finish_reason"
    assert ("warning", "now-null", pointer) in told(changes(streams(40), streams(0)))
    assert changes(streams(2), streams(0)) == []


@pytest.mark.parametrize(("most", "found"), [(20, True), (38, False)])
def test_always_there_by_chance_is_no_change(most: int, found: bool) -> None:
    """A field that 38 of 40 had, and now each of ten, says nothing; one that half of them had, and now each, does."""
    left = corpus(40, lambda made, at: None if at < most else made.pop("system_fingerprint"))
    assert [one.kind for one in changes(left, corpus(10))] == ["now-always"] * found


def test_chunks_of_one_stream_are_no_chances_of_their_own() -> None:
    """What each fifth exchange had in all its chunks is not gone because three exchanges of many chunks lack it."""

    def stream(count: int, value: object, other: object) -> Cassette:
        asked = {"model": "m", "messages": [user("Hello")]}
        made = [[chunk({"content": "x"}, x=other if at % 5 else value) for _ in range(60)] for at in range(count)]
        return recorded(*(exchange(at, asked, response(one)) for at, one in enumerate(made)))

    for value, other in ((None, 1), ("x", 1), ("stop", "length")):
        left, right = stream(40, value, other), stream(3, other, other)
        assert [one.kind for one in changes(left, right) if one.pointer.endswith("/x")] == []
        assert changes(left, stream(40, other, other)) != []
