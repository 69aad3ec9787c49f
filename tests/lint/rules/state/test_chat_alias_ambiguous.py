"""chat-alias-ambiguous: one chat, two directories."""

import pytest

from nexdiag.core.finding import Finding
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["chat-alias-ambiguous"]))


def places(**state: object) -> list[str | None]:
    return [finding.location.pointer for finding in found(**state)]


def test_a_name_with_two_directories_is_told() -> None:
    """The one that the registry does not mean is named."""
    (finding,) = found(directories={"chat-0": ["chat/u", "chat/0"], "chat-1": ["chat/v"]})
    assert finding.location.pointer == "chat/0"
    assert finding.summary == "chat-0 is 2 directories: chat/u, chat/0"


@pytest.mark.parametrize("directories", [{}, {"chat-0": ["chat/u"]}, {"chat-0": []}])
def test_one_directory_is_none(directories: dict[str, list[str]]) -> None:
    """Or none at all."""
    assert places(directories=directories) == []
