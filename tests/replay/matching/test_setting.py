"""Promises of `nexdiag.replay.matching.setting`."""

import json

from hypothesis import given
from strategies import json_values

from nexdiag.replay.matching.dates import Now
from nexdiag.replay.matching.directories import Places
from nexdiag.replay.matching.rules import parse
from nexdiag.replay.matching.setting import GONE, Laid, Setter

NOW = Now(20_780, span=(1795397881, 1795397881))  # 2026-11-23
HERE = Places([("/w", 1)])


def laid(value: object, *rules: str, at: tuple[str, ...] = ()) -> Laid:
    """The value as it is with these rules set aside, if it stands there."""
    setter = Setter(parse(rules))
    return setter.walk(json.dumps(value).encode(), setter.behind(*at), NOW, HERE, lambda one: one[-1])


def test_texts_are_marked_wherever_they_stand() -> None:
    """Dates, the directory, which secret it was; in lists, in objects, in arguments that are text."""
    value = {
        "a": ["on 2026-11-23 in /w/x", {"b": '{"key":"[redacted 0123abcd]"}'}],
        "n_at": 1795397881,
        "far": "1969-07-20",
    }
    assert laid(value).value == {
        "a": ["on ⟦date⟧ in ⟦cwd 1⟧/x", {"b": '{"key":"⟦secret⟧"}'}],
        "n_at": "⟦date⟧",
        "far": "1969-07-20",
    }
    assert laid(value).dates == (("2026-11-23", True, "⟦date⟧"), ("1795397881", True, "⟦date⟧"))
    assert laid(value, "-date", "-cwd", "-secret").value == value


def test_a_pointer_takes_a_value_out() -> None:
    """As if it had never been there: from objects and from lists; and in whole."""
    value = {"keep": 1, "run": {"id": 5}, "list": [{"x": 1}, {"y": 2}]}
    assert laid(value, "/run", "/list/*/x").value == {"keep": 1, "list": [{}, {"y": 2}]}
    assert laid(value, "/list/0").value == {"keep": 1, "run": {"id": 5}, "list": [{"y": 2}]}
    assert laid(value, "/**/id").value == {"keep": 1, "run": {}, "list": [{"x": 1}, {"y": 2}]}
    assert laid(value, "/**").value is GONE


def test_an_expression_takes_what_fits_below_its_pointer() -> None:
    """In texts, in numbers, and in all that a list or an object holds."""
    value = {"content": [{"text": "took 15 ms"}, "and 7 ms"], "n": 42, "other": "1 ms"}
    assert laid(value, "/content=[0-9]+ ms", "/n=4").value == {
        "content": [{"text": "took ⟦rule⟧"}, "and ⟦rule⟧"],
        "n": "⟦rule⟧2",
        "other": "1 ms",
    }


def test_ids_are_numbered_where_they_tie_calls_to_results_and_nowhere_else() -> None:
    """An argument that is an id, a reference to a recorded item, and an id that says something all count."""
    uuid = "msg_01a2060d-8e53-75c1-88cf-bb3c52196c4e"
    call = {"role": "assistant", "tool_calls": [{"id": uuid, "function": {"arguments": uuid}}, {"id": "call_1"}]}
    assert laid(call, at=("messages", "3")).value == {
        "role": "assistant",
        "tool_calls": [{"id": "⟦id e⟧", "function": {"arguments": uuid}}, {"id": "call_1"}],
    }
    used = {"content": [{"type": "tool_use", "id": uuid, "input": {"id": uuid}}], "id": "own"}
    assert laid(used, at=("messages", "3")).value == {
        "content": [{"type": "tool_use", "id": "⟦id e⟧", "input": {"id": uuid}}]
    }
    assert laid({"type": "item_reference", "id": uuid}, at=("input", "0")).value == {
        "type": "item_reference",
        "id": uuid,
    }
    item = {"type": "message", "id": uuid, "content": []}
    assert laid(item, at=("input", "0")).value == {"type": "message", "content": []}
    for alone in ({"id": uuid}, {"type": "message", "id": uuid}):
        assert laid(alone, at=("input", "0")).value == alone
    assert laid({"id": uuid}, "/**/id", at=("input", "0")).value == {}


def test_what_was_taken_is_noted_by_row() -> None:
    """In order: two texts that differ only there differ in it."""
    left, right = (laid({"a": text}).taken for text in ("/w 2026-11-23", "/w 2026-11-22"))
    assert left.keys() == right.keys()
    assert [row for row in left if left[row] != right[row]] == [Setter(parse(())).date]


def test_what_is_no_json_is_given_back() -> None:
    """As its bytes."""
    setter = Setter(parse(()))
    for raw in (b'{"a":"\\ud800"}', b"[" * 5000, b"\xff", b'{"a":1,"a":1}'):
        assert setter.walk(raw, setter.behind(), NOW, HERE, lambda one: one).value == raw


@given(json_values)
def test_any_value_is_borne(value: object) -> None:
    """And nothing is marked in what holds nothing volatile."""
    assert laid(value, "-date").value == json.loads(json.dumps(value))
    laid(value, "/**/a=x", "/*/*")
