"""journal-duplicate-message: a message that stands there twice."""

import pytest

from nexdiag.core.finding import Finding
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["journal-duplicate-message"]))


def places(**state: object) -> list[str | None]:
    return [finding.location.pointer for finding in found(**state)]


def text(said: str) -> dict[str, object]:
    return {"type": "text", "text": said}


def call(name: str = "c") -> dict[str, object]:
    return {"type": "tool_use", "id": name, "name": "ls", "input": {}}


def result(name: str = "c") -> dict[str, object]:
    return {"type": "tool_result", "tool_use_id": name, "content": "r"}


def say(seq: int, role: str, *blocks: dict[str, object], **more: object) -> dict[str, object]:
    return {"seq": seq, "entry_type": "message", "role": role, "content": list(blocks), **more}


@pytest.mark.parametrize(
    ("journal", "wanted"),
    [
        ([say(1, "user", text("u")), say(2, "user", text("u"))], ["conversation.jsonl:2"]),
        ([say(1, "user", text("u")), {"entry_type": "init"}, say(3, "user", text("u"))], ["conversation.jsonl:3"]),
        ([say(1, "assistant", call()), say(2, "user", result()), say(3, "user", result())], ["conversation.jsonl:3"]),
        (
            [say(1, "user", result()), say(2, "assistant", text("a")), say(3, "user", result(), text("x"))],
            ["conversation.jsonl:3"],
        ),
    ],
)
def test_the_copy_is_named(journal: list[object], wanted: list[str]) -> None:
    """Right behind the other one; a result wherever it stands."""
    assert places(journal=journal) == wanted


@pytest.mark.parametrize(
    "journal",
    [
        [say(1, "user", text("u")), say(2, "assistant", text("u")), say(3, "user", text("u"))],
        [say(1, "user", text("u"), request_id="a"), say(2, "user", text("u"), request_id="b")],
        [say(1, "assistant", call()), say(2, "user", result()), say(3, "assistant", call()), say(4, "user", result())],
        [say(1, "user"), say(2, "user")],
    ],
)
def test_words_that_were_said_again_are_none(journal: list[object]) -> None:
    """After an answer, as another question, for a call that reuses the id; and empty messages."""
    assert places(journal=journal) == []
