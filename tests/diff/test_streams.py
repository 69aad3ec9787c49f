"""Promises of `nexdiag.diff.streams`."""

import copy

import msgspec
from compared import answer, events, exchange, streamed, whole

from nexdiag.core.exchange import Response
from nexdiag.diff.aside import Asides
from nexdiag.diff.reading import REPLAY, RUN, Reading
from nexdiag.diff.streams import compare_streams, shape_of

TOLD = events(answer(1))


def places(left: Response, right: Response, mode: str = REPLAY, asides: Asides | None = None) -> list[str]:
    """Where two streams differ, of weight."""
    reading = Reading(mode, asides or Asides())
    found = compare_streams(exchange(0, {}, left), exchange(0, {}, right), reading)
    return [one.pointer for one in found if not one.quiet]


def test_a_shape_is_kinds_in_their_order() -> None:
    """Equal neighbours are one; what is no JSON is text, and what an event is called is its kind."""
    assert shape_of(streamed(TOLD)).kinds == ("role", "content", "finish", "usage", "[DONE]")
    named = Response(status=200, chunks=streamed([]).chunks, headers=(("content-type", "text/event-stream"),))
    assert shape_of(named).kinds == ("[DONE]",)
    assert shape_of(streamed([{"type": "response.created"}, {"error": {}}, {"error": 1}, 3], done=False)).kinds == (
        "response.created", "empty", "error", "3",
    )  # fmt: skip


def test_a_usage_chunk_that_is_missing_and_an_order_that_changed_are_told_by_kinds() -> None:
    """In live runs too: it is no model's doing."""
    late = [*TOLD[:-2], TOLD[-1], TOLD[-2]]
    assert places(streamed(TOLD), streamed(TOLD[:-1]), RUN) == ["(kinds)"]
    assert places(streamed(TOLD), streamed(late), RUN) == ["(kinds)"]


def test_an_index_that_is_not_the_first_is_another_kind() -> None:
    """Clients that read the first choice alone lose it."""
    told = copy.deepcopy(TOLD)
    told[2]["choices"][0]["index"] = 1
    assert places(streamed(TOLD), streamed(told))[0] == "(kinds)"


def test_more_chunks_have_no_weight_in_live_runs() -> None:
    """In a replay they have; the same events in other pieces are told as chunks."""
    more = events(answer(1), pieces=5)
    assert places(streamed(TOLD), streamed(more), RUN) == []
    assert places(streamed(TOLD), streamed(more)) == ["(events)"]
    one = streamed(TOLD)
    joined = msgspec.structs.replace(one.chunks[0], bytes=one.body)
    assert places(one, msgspec.structs.replace(one, chunks=(joined,))) == ["(chunks)"]


def test_a_field_that_came_or_went_is_told_by_its_path() -> None:
    """In events of the same kinds; a value beside what is said, by its event; what is volatile is counted."""
    told, asides = copy.deepcopy(TOLD), Asides()
    told[1]["choices"][0]["logprobs"] = None
    told[2]["object"] = "other"
    told[3]["id"] = "chatcmpl-9"
    assert places(streamed(TOLD), streamed(told), asides=asides) == [
        "(fields)/choices/*/logprobs",
        "(events)/1/choices/0/logprobs",
        "(events)/2/object",
    ]
    assert [(one.rule, one.count) for one in asides.told()] == [("response", 1)]


def test_a_stream_that_broke_off_is_told() -> None:
    """Within an event, or within a character."""
    cut = streamed(TOLD, done=False)
    last = cut.chunks[-1]
    torn = msgspec.structs.replace(cut, chunks=(*cut.chunks[:-1], msgspec.structs.replace(last, bytes=last.bytes[:-2])))
    assert places(cut, torn) == ["(torn)"]


def test_what_is_no_stream_has_no_shape() -> None:
    """Nor have two of which one is none."""
    assert places(streamed(TOLD), whole({})) == []
    assert places(streamed(TOLD), streamed(TOLD)) == []
