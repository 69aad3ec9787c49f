"""Which message makes a template raise."""

import pytest
from chat_templates import USER, answer, calls

from nexdiag.lint.template.culprit import culprit, to_change
from nexdiag.lint.template.outcome import Outcome, Refused, Rendered

NO = Refused(words="no")


@pytest.mark.parametrize("count", [1, 2, 47, 48, 49, 50, 500])
@pytest.mark.parametrize("bad", [0, 1, 30, 46, 499])
def test_the_last_of_the_shortest_beginning(count: int, bad: int) -> None:
    """However long the conversation is, and in few renderings."""
    if bad >= count:
        return
    asked: list[int] = []

    def ask(length: int) -> Outcome:
        asked.append(length)
        return NO if length > bad else Rendered(text="")

    assert culprit(count, NO, ask) == bad
    assert len(asked) < 60


def test_other_words_are_another_fault() -> None:
    """A beginning that is refused for what it lacks does not count."""
    assert culprit(3, NO, lambda length: NO if length > 1 else Refused(words="too short")) == 1


def test_without_any_message_none_is_at_fault() -> None:
    """It refuses whatever is said."""
    assert culprit(3, NO, lambda _: NO) is None


@pytest.mark.parametrize(
    ("messages", "at", "wanted"),
    [
        ([USER, calls("c"), USER], 2, 1),
        ([USER, calls("c"), answer("c")], 2, 2),
        ([USER, USER], 1, 1),
        ([USER], 0, 0),
        ([USER], None, None),
    ],
)
def test_of_a_call_without_answer_the_caller_has_to_change(
    messages: list[dict[str, object]], at: int | None, wanted: int | None
) -> None:
    """Else it is the message at which the template raises."""
    assert to_change(at, lambda count: messages[:count]) == wanted
