"""What the two dialects share: reading anything, and one line for whatever went wrong."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.executors import dialect
from nexdiag.agent.executors.codex import Codex, CodexReader
from nexdiag.core.message import Usage


def reader(*, reply: str | None = None, finished: bool = False, failure: str | None = None) -> CodexReader:
    made = CodexReader(Usage())
    made.reply, made.finished, made.failure = reply, finished, failure
    return made


@pytest.mark.parametrize(
    ("facts", "code", "errors", "garbage", "line"),
    [
        ({"reply": "Hi.", "finished": True}, "0", "", "", None),
        ({"reply": "Hi.", "finished": True}, "1", "odd", "", None),
        ({"reply": "Hi."}, "1", "", "", "codex ended with exit code 1, without a word"),
        ({"finished": True}, "0", "", "", "codex ended without an answer, without a word"),
        ({}, "0", "", "<html>", "codex ended without an answer: <html>"),
        (
            {},
            "1",
            "WARNING: x\nError: no such model\n\nStack:\n 0: y",
            "",
            "codex ended with exit code 1: Error: no such model",
        ),
        ({}, "137 (SIGKILL)", "a\nb\n", "", "codex ended with exit code 137 (SIGKILL): b"),
        ({"failure": '{"error":{"code":400,"message":"too\\nlong"}}'}, "1", "", "", "codex: too long"),
        ({"failure": "401 Unauthorized"}, "1", "", "", "codex: 401 Unauthorized (log in with: codex login)"),
        ({"failure": "a\x1b[31mred"}, "1", "", "", "codex: a\\x1b[31mred"),
    ],
)
def test_why(facts: dict[str, object], code: str, errors: str, garbage: str, line: str | None) -> None:
    """Half an answer is none, and each end that is none of an answer has one clear line."""
    made = reader(**facts)  # type: ignore[arg-type]
    assert dialect.why(Codex(), made, code=code, errors=errors, garbage=garbage) == line


@given(st.text(), st.text(), st.text())
def test_why_is_one_printable_line(failure: str, errors: str, garbage: str) -> None:
    """Whatever a CLI says, the line holds no newline, nothing that a terminal obeys, and has an end."""
    for made in (reader(failure=failure), reader()):
        line = dialect.why(Codex(), made, code="1", errors=errors, garbage=garbage)
        assert line is not None
        assert not {unicodedata.category(char) for char in line} & {"Cc", "Cf", "Zl", "Zp"}
        assert len(line) < 600


@given(st.binary(max_size=40))
def test_fields_of_anything(line: bytes) -> None:
    """Any bytes are an object or an empty one."""
    assert isinstance(dialect.fields(line), dict)


def test_deep_nesting() -> None:
    """A line nested without end is passed over."""
    assert dialect.fields(b"[" * 200_000) == {}
    assert dialect.words("[" * 200_000).startswith("[[[")


def test_part() -> None:
    """A path through an object gives what is there, or nothing."""
    assert dialect.part({"a": {"b": 1}}, "a", "b") == 1
    assert dialect.part({"a": [1]}, "a", "b") is None


@pytest.mark.parametrize("value", [None, True, -1, 2**60, "3", 1.5])
def test_absurd_counts(value: object) -> None:
    """A number of tokens that cannot be one counts as none."""
    assert dialect.count(value) == 0
