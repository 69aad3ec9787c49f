"""Rows, and the short form of a state."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.lint.seen.state import LockSeen, is_short, of_json, row


@pytest.mark.parametrize("line", [b"", b"[]", b"nonsense", b"\xff\xfe", b"[" * 100_000, b"3"])
def test_what_is_no_object_is_a_row_without_fields(line: bytes) -> None:
    """Reading never raises, and the place is kept."""
    found = row("inbox.jsonl", 3, line)
    assert (found.good, dict(found.fields), found.place) == (False, {}, "inbox.jsonl:3")


def test_a_field_of_the_wrong_type_is_none() -> None:
    """A number that is text, a text that is a list, a truth that is no number."""
    found = row("f", 1, b'{"id": true, "seq": "1", "role": [], "settles": [1, "2", null, true], "content": {}}')
    assert (found.number("id"), found.number("seq"), found.word("role"), found.blocks) == (None, None, "", ())
    assert found.numbers("settles") == (1,)


def test_evidence_is_one_line() -> None:
    """The place, and what stands there, whatever it is."""
    assert row("f", 1, rb'{"content": "a\nb\u001b[2J"}').shown() == r'f:1: "a b\x1b[2J"'
    assert row("f", 0, b'{"content": [{"type": "tool_use", "id": "c", "name": "ls"}]}').shown() == 'f: "calls ls (c)"'


def test_the_short_form_has_rows_with_places() -> None:
    """Each key stands for a file."""
    short = {"inbox": [{"id": 1}], "daemon_log": ["x"], "lock": {"pid": 7, "held": True}, "cursor": 4, "kind": "other"}
    assert is_short(short)
    state = of_json(short)
    assert [one.place for one in (*state.inbox, *state.log)] == ["inbox.jsonl:1", "daemon.log:1"]
    assert (state.held, state.cursor, state.lock) == (True, 4, LockSeen(pid=7, held=True))


@pytest.mark.parametrize("value", [None, [], {}, {"request": {}}, {"inbox": [], "request": {}}])
def test_other_objects_are_no_short_form(value: object) -> None:
    """A bare exchange is none."""
    assert not is_short(value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_KEYS = ("journal", "inbox", "outbox", "daemon_log", "cursor", "lock", "directories", "partial", "rotated", "kind")


@given(st.dictionaries(st.sampled_from(_KEYS), _JSON))
def test_any_value_is_read(value: dict[str, object]) -> None:
    """Nothing raises, whatever stands under a key."""
    state = of_json(value)
    assert all(one.shown() for one in (*state.journal, *state.inbox, *state.outbox))
