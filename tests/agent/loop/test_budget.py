"""Promises of nexdiag.agent.loop.budget: one warning, inside the user's message, when the window fills."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import conversations

from nexdiag.agent.loop import budget
from nexdiag.codec.chat import ToolSpec
from nexdiag.core.message import Message, ToolCall, Usage

LONG = Message(role="user", content="x" * 400)


def test_text_and_arguments_count() -> None:
    """Four characters are about a token; what is sent beside the messages comes on top."""
    call = ToolCall(id="a", name="bash", arguments="y" * 40)
    parts = Message(role="user", content=[{"type": "text", "text": "z" * 40}, {"type": "image_url", "image_url": {}}])
    messages = [LONG, Message(role="assistant", tool_calls=(call,)), parts]
    assert budget.estimate(messages) == 120
    assert budget.estimate(messages, overhead=7) == 127


def test_characters_that_are_words_count_as_such() -> None:
    """Chinese, Japanese and Korean take about one and a half tokens a character; other letters are as cheap as ours."""
    assert budget.tokens("x" * 400) == budget.tokens("é" * 400) == 100
    assert budget.tokens("語" * 400) == budget.tokens("한" * 400) == 600
    assert budget.estimate([Message(role="user", content="語" * 100 + "x" * 100)]) == 175


def test_what_is_sent_beside_the_messages_counts() -> None:
    """The system prompt and the definitions of tools fill the window too (reference fault 32)."""
    spec = ToolSpec(name="look", description="y" * 96, parameters={"z": "z" * 92})
    assert budget.overhead("x" * 400, [spec]) == 150
    assert budget.overhead(None, ()) == 0


def test_the_server_s_count_goes_before_an_estimate() -> None:
    """What came since is estimated, until the server counts again; a conversation that changed is estimated whole."""
    meter = budget.Meter()
    assert meter.used([LONG], 7) == 107
    meter.told(Usage(input_tokens=150, output_tokens=30), [LONG, LONG], 7)
    assert meter.used([LONG, LONG], 7) == 180
    assert meter.used([LONG, LONG, LONG], 7) == 280
    meter.forget()
    assert meter.used([LONG, LONG], 7) == 207


@pytest.mark.parametrize("count", [0, -1, 10, 10**7, 2**62])
def test_an_absurd_count_is_not_believed(count: int) -> None:
    """Some servers send nothing, some count only what is new to their cache, some are broken."""
    meter = budget.Meter()
    meter.told(Usage(input_tokens=count, output_tokens=-5), [LONG, LONG], 0)
    assert meter.used([LONG, LONG], 0) == 200


@given(st.integers(0, 40_000), st.integers(1, 20_000), st.sampled_from([None, 100, 1024, 8192, 32768]))
def test_prompt_and_answer_fit_the_window(used: int, reserve: int, window: int | None) -> None:
    """What an answer is granted fits beside what is used, as long as anything does; never more than it may take."""
    granted = budget.room(window, used, reserve)
    if granted is None:
        assert window is None or window < budget.SMALLEST or used + reserve <= window
    else:
        assert window is not None
        assert 0 < granted <= reserve
        assert used + granted <= window or granted <= 256


def test_a_text_is_cut_in_its_middle() -> None:
    """Beginning and end are what a reader needs most; the note says how much is missing."""
    cut = budget.cut("a" * 2000 + "e" * 2000, 100)
    assert budget.tokens(cut) < 125
    assert (cut[0], cut[-1]) == ("a", "e")
    assert "3640 characters" in cut
    assert budget.cut("short", 100) == "short"


@pytest.mark.parametrize(("window", "told"), [(None, False), (0, False), (1000, False), (143, False), (142, True)])
def test_the_warning_comes_when_seven_tenths_are_used(window: int | None, told: bool) -> None:
    """Without a window, or while there is room, nothing is said."""
    assert (budget.warning([LONG], window=window, reserve=0) is not None) == told


def test_what_the_answer_may_take_counts_as_used() -> None:
    """The reserve is part of the share, which is never told as more than all."""
    assert "About 80%" in (budget.warning([LONG], window=1000, reserve=700) or "")
    assert "About 100%" in (budget.warning([LONG], window=10, reserve=700) or "")


@given(conversations(), st.text(min_size=1))
def test_the_warning_makes_no_message_of_its_own(messages: tuple[Message, ...], text: str) -> None:
    """It is merged into the last message: nothing else changes, and nothing of that message is lost."""
    *before, last = messages
    *kept, merged = budget.merge_warning(messages, text)
    assert kept == before
    assert (merged.role, merged.tool_calls, merged.extra) == (last.role, last.tool_calls, last.extra)
    assert merged.text.endswith(text)
    assert merged.text.startswith(last.text)


def test_what_is_no_text_stays() -> None:
    """An image in the question is not lost when a paragraph is added; an empty question gets no blank lines."""
    image = {"type": "image_url", "image_url": {"url": "u"}}
    merged = budget.with_text(Message(role="user", content=[image]), "and?")
    assert merged.content == [image, {"type": "text", "text": "and?"}]
    assert budget.with_text(Message(role="user", content=""), "and?").content == "and?"
