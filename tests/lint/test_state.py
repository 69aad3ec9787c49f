"""The door for state directories."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.core.errors import UsageError
from nexdiag.core.finding import Severity
from nexdiag.lint.seen.state import is_short, of_json
from nexdiag.lint.state import judge_state

BROKEN = of_json(
    {
        "inbox": [{"id": 1, "role": "user", "content": "hi", "request_id": "a"}, "nonsense"],
        "outbox": [{"id": 4, "role": "system-error", "content": "no", "request_id": "b"}],
        "daemon_log": ["who says this"],
    }
)


def test_the_gravest_comes_first_and_the_place_is_file_and_line() -> None:
    """Warnings before remarks; within them by code."""
    found = judge_state(BROKEN)
    assert [(one.code, one.location.pointer) for one in found] == [
        ("NX850", "inbox.jsonl:1"),
        ("NX853", "outbox.jsonl:1"),
        ("NX854", "outbox.jsonl:1"),
        ("NX864", "inbox.jsonl:2"),
        ("NX863", "daemon.log:1"),
    ]
    assert [one.severity for one in found[-2:]] == [Severity.WARNING, Severity.INFO]


def test_rules_are_chosen_by_name_code_and_family() -> None:
    """As for recordings."""
    assert [one.code for one in judge_state(BROKEN, select=["NX85"], ignore=["inbox-unanswered"])] == ["NX853", "NX854"]
    assert judge_state(BROKEN, select=["order"]) == ()
    with pytest.raises(UsageError):
        judge_state(BROKEN, select=["nonsense"])


_VALUES = st.one_of(st.none(), st.booleans(), st.integers(-1, 4), st.sampled_from(["a", "user", "", "c1", "init"]))
_BLOCKS = st.lists(
    st.one_of(
        _VALUES,
        st.fixed_dictionaries(
            {"type": st.sampled_from(["tool_use", "tool_result", "text", None]), "id": _VALUES, "tool_use_id": _VALUES}
        ),
    ),
    max_size=2,
)
_ROWS = st.lists(
    st.one_of(
        st.just("nonsense"),
        st.fixed_dictionaries(
            {},
            optional={
                "id": _VALUES,
                "seq": _VALUES,
                "entry_type": st.sampled_from(["message", "compaction", "init", "end", None, 3]),
                "role": st.sampled_from(["user", "assistant", "coordinator", "system-error", None]),
                "content": st.one_of(_VALUES, _BLOCKS),
                "request_id": _VALUES,
                "timestamp": st.sampled_from(["2026-05-20T14:03:12Z", "99999-01-01", None, 3]),
                "settles": st.one_of(_VALUES, st.lists(_VALUES, max_size=2)),
                "compacted_through_seq": _VALUES,
                "summary": _VALUES,
            },
        ),
    ),
    max_size=4,
)


@settings(max_examples=150)
@given(st.fixed_dictionaries({"inbox": _ROWS, "outbox": _ROWS, "journal": _ROWS, "cursor": _VALUES}))
def test_no_state_makes_a_rule_raise(value: dict[str, object]) -> None:
    """Findings, whatever stands in the files."""
    assert is_short(value)
    assert all(one.summary and one.fix and one.evidence for one in judge_state(of_json(value)))
