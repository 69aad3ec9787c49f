"""Promises of nexdiag.agent.loop.room: what is known of the window is believed as far as it can be true."""

import pytest

from nexdiag.agent.loop import compaction
from nexdiag.agent.loop.events import Failed, Limits
from nexdiag.agent.loop.room import Room
from nexdiag.core.message import Message, Usage

TALK = [Message(role=role, content=f"{role} {number} " * 200) for number in range(4) for role in ("user", "assistant")]
"""About 4500 tokens."""


def overflow(needed: int | None = None, window: int | None = None) -> Failed:
    return Failed(reason="too long", may_pass=False, overflow=True, needed=needed, window=window)


@pytest.mark.parametrize(
    ("known", "needed", "window", "learned"),
    [
        (None, 6000, 4096, 4096),
        (32_000, 6000, 4096, 4096),
        (4000, 6000, 8000, 4000),
        (None, 6000, None, 5400),
        (10_000, None, None, 10_000),
        (None, 1, 10**9, None),
        (None, -5, -5, None),
        (None, None, None, None),
    ],
)
def test_an_overflow_teaches_the_window(
    known: int | None, needed: int | None, window: int | None, learned: int | None
) -> None:
    """The smaller of what is configured and what the server says; without a number, nothing."""
    limits = Room().learn(overflow(needed, window), TALK, Limits(window=known))
    assert limits.window == learned


def test_a_window_that_was_learned_may_grow_again() -> None:
    """The server that told a small one may tell a larger one; what is configured is never exceeded."""
    room, limits, windows = Room(), Limits(window=8000), []
    for told in (4096, 6000, None, 4500, 32_000):
        limits = room.learn(overflow(None if told is None else told + 1, told), TALK, limits)
        windows.append(limits.window)
    assert windows == [4096, 6000, 6000, 4500, 8000]
    free = room.learn(overflow(33_000, 32_000), (), Room().learn(overflow(5000, 4096), (), Limits()))
    assert free.window == 4096


@pytest.mark.parametrize(
    ("known", "told", "doubted"),
    [
        (32_000, overflow(), True),
        (7000, overflow(), False),
        (None, overflow(), False),
        (32_000, overflow(window=16_000), True),
        (32_000, overflow(window=15_000), False),
        (32_000, overflow(40_000, 16_000), False),
    ],
)
def test_a_refusal_without_numbers_is_believed_only_near_the_window(
    known: int | None, told: Failed, *, doubted: bool
) -> None:
    """Half of the window without any number, a quarter where only the window is told; what was counted is believed."""
    room = Room()
    line = room.doubt(told, TALK, room.learn(told, TALK, Limits(window=known)))
    assert (line is not None) == doubted
    assert line is None or line.endswith("(nothing was cut; /compact makes it shorter): too long")


def test_a_short_conversation_without_a_known_window_is_doubted_too() -> None:
    """No server has so small a window."""
    room, short = Room(), TALK[:2]
    assert "only about 950 tokens" in (room.doubt(overflow(), short, room.learn(overflow(), short, Limits())) or "")


def test_what_the_server_counted_is_believed() -> None:
    """The numbers of a refusal are exact, ours are not (reference fault 32)."""
    room = Room()
    room.learn(overflow(9000, 8000), TALK, Limits())
    assert room.used(TALK, Limits(overhead=50)) == 9000


def test_the_line_names_both_numbers() -> None:
    """The user sees how much was needed, how much there is, and why it could not be helped."""
    room = Room()
    limits = room.learn(overflow(9000, 8000), TALK, Limits())
    line = room.too_long(9000, limits, "no summary came")
    assert line.startswith("the conversation takes 9000 tokens, but the context window holds 8000")
    assert line.endswith(": no summary came")
    assert "about 9000" in Room().too_long(9000, limits, "")


def test_a_request_for_a_summary_leaves_room_for_it() -> None:
    """Its answer and its messages fit the window together, roughly."""
    limits = Limits(window=3000, reserve=750)
    request = Room().request(TALK, limits)
    assert request is not None
    assert request.max_tokens is not None
    assert Room().used(request.messages, limits) + request.max_tokens <= 3000
    free = Room().request(TALK, Limits())
    assert free is not None
    assert (free.max_tokens, len(free.messages)) == (None, len(TALK) + 1)


def test_a_short_conversation_counts_anew() -> None:
    """What the server counted before does not hold for what stands for it now."""
    room, limits = Room(), Limits(window=3000)
    room.meter.told(Usage(input_tokens=4400, output_tokens=9), TALK, 0)
    assert room.used(TALK, limits) == 4409
    text = room.folded(TALK, "short", limits)
    assert text is not None
    folded, told = room.fold(TALK, text, limits)
    assert room.used(folded, limits) < 1000
    assert (len(folded), told) == (1, ())


def test_a_question_that_had_to_be_cut_is_told() -> None:
    """Nothing of what the user said goes silently."""
    room, limits = Room(), Limits(window=1200)
    huge = [Message(role="user", content="x" * 4500)]
    assert room.cut(huge, limits) is None  # neither the server nor our own count says that it does not fit
    assert room.cut(huge, Limits(window=1200, reserve=100)) is not None
    assert room.cut(huge, Limits()) is None
    limits = room.learn(overflow(1300, 1200), huge, limits)
    text = room.cut(huge, limits)
    assert text is not None
    folded, (told,) = room.fold(huge, text, limits)
    assert "was cut" in told
    assert room.used(folded, limits) < 1000
    again = room.cut(room.fold(huge, f"what was long ago\n\n{compaction.WORDS}\n\n{'x' * 4500}", limits)[0], limits)
    assert again is not None
    assert again.startswith("what was long ago")
    assert room.cut(TALK, limits) is None
    assert room.cut([Message(role="user", content="x")], limits) is None
