"""Promises of nexdiag.codec.chat.slots: however tool-call deltas are marked, no call is lost and none merged."""

from typing import Any

import pytest
import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.chat.slots import Slots


def delta(text: object = None, **fields: object) -> dict[str, Any]:
    """One delta; `name` goes into its function."""
    function = {"arguments": text, **({"name": fields.pop("name")} if "name" in fields else {})}
    return fields | {"function": function}


DIALECTS: dict[str, tuple[list[Any], list[tuple[str, str, str]]]] = {
    "as OpenAI sends": (
        [
            [delta("", index=0, id="a", name="f")],
            [delta('{"x"', index=0)],
            [delta(":1}", index=0)],
            [delta("", index=1, id="b", name="g")],
            [delta("{}", index=1)],
        ],
        [("a", "f", '{"x":1}'), ("b", "g", "{}")],
    ),
    "interleaved": (
        [
            [delta("", index=0, id="a", name="f"), delta("", index=1, id="b", name="g")],
            [delta("1", index=1), delta("2", index=0)],
            [delta("3", index=0), delta("4", index=1)],
        ],
        [("a", "f", "23"), ("b", "g", "14")],
    ),
    "no index, whole calls with ids": (
        [[delta("{}", id="a", name="f"), delta("{}", id="b", name="g")]],
        [("a", "f", "{}"), ("b", "g", "{}")],
    ),
    "no index, whole calls with empty ids (Gemini)": (
        [[delta("{}", id="", name="f"), delta("[]", id="", name="f")], [delta("1", name="g")]],
        [("", "f", "{}"), ("", "f", "[]"), ("", "g", "1")],
    ),
    "no index, pieces": (
        [[delta("", id="a", name="f")], [delta("{")], [delta("}")], [delta("", id="b", name="g")], [delta("{}")]],
        [("a", "f", "{}"), ("b", "g", "{}")],
    ),
    "no index, an id on every piece": (
        [[delta("{", id="a", name="f")], [delta("[", id="b", name="g")], [delta("}", id="a")], [delta("]", id="b")]],
        [("a", "f", "{}"), ("b", "g", "[]")],
    ),
    "an id and a name on every piece": (
        [[delta("{", index=0, id="a", name="f")], [delta("}", index=0, id="a", name="f")]],
        [("a", "f", "{}")],
    ),
    "id and name come late": (
        [[delta("{", index=0)], [delta("", index=0, id="a")], [delta("}", index=0, name="f")]],
        [("a", "f", "{}")],
    ),
    "late without an index": (
        [[delta("{")], [delta("", id="a")], [delta("}", name="f")]],
        [("a", "f", "{}")],
    ),
    "a new id on a live index (DeepSeek gateway)": (
        [[delta("{", index=0, id="a", name="f")], [delta("[", index=0, id="b", name="g")], [delta("]", index=0)]],
        [("a", "f", "{"), ("b", "g", "[]")],
    ),
    "a known id finds its call after its index was taken over": (
        [
            [delta("{", index=0, id="a", name="f")],
            [delta("[", index=0, id="b", name="g")],
            [delta("}", index=0, id="a")],
        ],
        [("a", "f", "{}"), ("b", "g", "[")],
    ),
    "a new id on an index whose call is whole": (
        [[delta('{"x": "}"', index=0, id="a", name="f")], [delta("}", index=0)], [delta("{}", index=0, id="b")]],
        [("a", "f", '{"x": "}"}'), ("b", "", "{}")],
    ),
    "an id of its own on every delta": (
        [[delta("{", index=0, id="a", name="f")], [delta('"x":', index=0, id="b")], [delta("1}", index=0, id="c")]],
        [("a", "f", '{"x":1}')],
    ),
    "the whole call again at the end": (
        [[delta("{", index=0, id="a", name="f")], [delta("}", index=0)], [delta("{}", index=0, id="a", name="f")]],
        [("a", "f", "{}")],
    ),
    "from index 1 on (LiteLLM)": (
        [[delta("{}", index=1, id="a", name="f")], [delta("{}", index=2, id="b", name="g")]],
        [("a", "f", "{}"), ("b", "g", "{}")],
    ),
    "one id for two indexes": (
        [
            [delta("1", index=0, id="a", name="f")],
            [delta("2", index=1, id="a", name="f")],
            [delta("3", index=0, id="a")],
        ],
        [("a", "f", "13"), ("a", "f", "2")],
    ),
    "one id for two indexes, the other order": (
        [
            [delta("1", index=0, id="a", name="f")],
            [delta("2", index=1, id="a", name="f")],
            [delta("3", index=1, id="a")],
        ],
        [("a", "f", "1"), ("a", "f", "23")],
    ),
    "indexes from anywhere": (
        [[delta("1", index=7, id="a", name="f")], [delta("2", index=-1, id="b", name="g")], [delta("3", index=7)]],
        [("a", "f", "13"), ("b", "g", "2")],
    ),
    "one object instead of a list, arguments as an object (TGI)": (
        [{"index": 0, "id": "", "function": {"name": "f", "arguments": {"x": "é"}}}],
        [("", "f", '{"x":"é"}')],
    ),
    "name in pieces": (
        [[delta("", index=0, id="a", name="get_")], [delta("", index=0, name="day")], [delta("{}", index=0)]],
        [("a", "get_day", "{}")],
    ),
    "name growing": (
        [[delta("", index=0, id="a", name="get_")], [delta("", index=0, name="get_day")], [delta("{}", index=0)]],
        [("a", "get_day", "{}")],
    ),
    "another name after arguments": (
        [[delta("{", index=0, id="a", name="f")], [delta("}", index=0, name="g")]],
        [("a", "f", "{}")],
    ),
    "nothing given": ([[{}], [{"function": None}], [{"id": None, "function": {"arguments": None}}]], [("", "", "")]),
    "no deltas": ([None, [], "f", 3, [None, "f", 3]], []),
    "an emoji cut in two": (
        [[delta("\ud83d", index=0, id="a", name="f")], [delta("\ude00", index=0)]],
        [("a", "f", "😀")],
    ),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_dialect(name: str) -> None:
    """Each way to mark deltas, or none, gives its calls in the order in which they were opened.

    (reference fault L11)
    """
    values, wanted = DIALECTS[name]
    slots = Slots()
    for value in values:
        list(slots.feed(value))
    assert [(call.id, call.name, call.arguments) for call in slots.calls()] == wanted


@pytest.mark.parametrize(
    ("values", "conflict"),
    [
        ([delta("{}", index=-1, id="a", name="f")], "a tool call has the index -1"),
        ([delta("{", index=0, id="a", name="f"), delta("}", index=0, name="g")], "changed its name from 'f' to 'g'"),
        ([delta("{", index=0, id="a", name="f"), delta("}", id="a", name="g")], "changed its name from 'f' to 'g'"),
        ([delta("{", index=0, id="a", name="get_day"), delta("}", index=0, name="get_day")], None),
        (
            [delta("", index=0, id="a", name="get_"), delta("{", index=0, name="day"), delta("}", index=0, name="day")],
            None,
        ),
        ([delta("", index="0", id="a", name="f")], None),
    ],
)
def test_contradictions_are_kept(values: list[Any], conflict: str | None) -> None:
    """A negative index, or another name once arguments have come, makes the calls of the whole stream doubtful."""
    slots = Slots()
    list(slots.feed(values))
    assert slots.conflict == conflict or (conflict and slots.conflict and slots.conflict.endswith(conflict))


def test_what_a_server_signs_is_kept() -> None:
    """Other fields of a call (Gemini's thought signature) are merged from its deltas, for they have to go back."""
    google = {"extra_content": {"google": {"thought_signature": "s1"}}}
    slots = Slots()
    list(
        slots.feed(
            [delta("{", index=0, id="a", name="f", **google), delta("}", index=0, extra_content={"x": 1}, y=None)]
        )
    )
    (call,) = slots.calls()
    assert call.extra == {"extra_content": {"google": {"thought_signature": "s1"}, "x": 1}}


def test_pieces_tell_their_place() -> None:
    """Each piece says which call grew, by what, and the name as far as it is known."""
    slots = Slots()
    fed = [[delta("a", index=3)], [delta("b", index=3, name="f"), delta("c", index=4, name="g")], [delta("d", index=3)]]
    pieces = [piece for value in fed for piece in slots.feed(value)]
    assert [(piece.place, piece.name, piece.text) for piece in pieces] == [
        (0, "", "a"),
        (0, "f", "b"),
        (1, "g", "c"),
        (0, "f", "d"),
    ]


odd = our.json_values | st.sampled_from(["", "a", "b", 0, 1])


@given(
    st.lists(
        odd | st.lists(st.fixed_dictionaries({}, optional={"index": odd, "id": odd, "function": odd}), max_size=3),
        max_size=4,
    )
)
def test_nothing_raises(values: list[object]) -> None:
    """Deltas of any shape are taken, and all texts are fit to be printed."""
    slots = Slots()
    for value in values:
        list(slots.feed(value))
    for call in slots.calls():
        (call.id + call.name + call.arguments).encode()


def test_an_endless_name_ends() -> None:
    """A stream that never stops naming one call does not grow its name without bound."""
    slots = Slots()
    for _ in range(1000):
        list(slots.feed([delta("", index=0, name="abc" * 10)]))
        list(slots.feed([delta("", index=0, name="xyz")]))
    assert len(slots.calls()[0].name) < 500
