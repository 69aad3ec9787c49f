"""Promises of nexdiag.agent.loop.compaction: shorter, and nothing that matters lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts

from nexdiag.agent.loop import budget, compaction
from nexdiag.agent.loop.compaction import CLEARED, EARLIER, INSTRUCTION, PAUSED, SUMMARY, WORDS
from nexdiag.agent.loop.continuation import CONTINUE
from nexdiag.agent.loop.normalise import normalise
from nexdiag.core.message import Message, ToolCall


def user(text: str) -> Message:
    return Message(role="user", content=text)


def model(text: str | None = None, *ids: str) -> Message:
    made = tuple(ToolCall(id=name, name="look", arguments="{}") for name in ids)
    return Message(role="assistant", content=text, tool_calls=made)


def tool(name: str, text: str) -> Message:
    return Message(role="tool", content=text, tool_call_id=name)


def turn(number: int, size: int = 2000) -> list[Message]:
    """A turn with one long result."""
    name = f"c{number}"
    return [user(f"question {number}"), model(None, name), tool(name, "x" * size), model(f"answer {number}")]


TURNS = [message for number in range(4) for message in turn(number)]


@given(st.integers(budget.SMALLEST, 2_000_000))
def test_there_is_always_room_for_what_comes(window: int) -> None:
    """From three fifths of a small window to the better part of a large one; never so late that nothing fits."""
    ceiling = compaction.ceiling(window)
    assert window * 0.59 <= ceiling <= window * 0.85
    assert compaction.summary_room(window) <= 20_000
    assert ceiling + min(compaction.summary_room(window), window // 4) < window


# ---- results of tools


def test_old_results_are_cleared_all_at_once() -> None:
    """Those of the last two turns stay; each clearing costs the server's prompt cache, so it has to be worth it."""
    assert compaction.clearable(TURNS, 5000) == ("c0", "c1")
    assert compaction.clearable(TURNS, 5001) == ()
    assert compaction.clearable(TURNS, 10**6, overflown=True) == ("c0", "c1")
    short = [message for number in range(4) for message in turn(number, 200)]
    assert compaction.clearable(short, 100, overflown=True) == ()


def test_what_was_cleared_is_not_cleared_again() -> None:
    """The call stays, with a mark for its result; a second time there is nothing to gain."""
    shorter = compaction.cleared(TURNS, ("c0", "c1"))
    assert [message.text == CLEARED for message in shorter if message.role == "tool"] == [True, True, False, False]
    assert [message.tool_calls for message in shorter] == [message.tool_calls for message in TURNS]
    assert compaction.clearable(shorter, 10, overflown=False) == ()
    assert normalise(shorter)[0] is shorter


def test_a_huge_result_of_the_last_turn_goes_only_when_nothing_fits() -> None:
    """A window that has overflown is not kept full by one file."""
    messages = [*turn(1), *turn(2, 9000)]
    assert compaction.clearable(messages, 4000) == ()
    assert compaction.clearable(messages, 4000, overflown=True) == ("c2",)


@given(st.lists(texts))
def test_a_remark_is_read_back(ids: list[str]) -> None:
    """Whatever servers call their calls."""
    assert compaction.remarked(compaction.remark(ids)) == set(ids)


@pytest.mark.parametrize("text", ["", "microcompact: -5120 bytes", "microcompact: cleared the results of {}"])
def test_other_remarks_hold_no_ids(text: str) -> None:
    """The reference's remarks name no calls."""
    assert compaction.remarked(text) == frozenset()


# ---- the request for a summary


def test_it_begins_as_the_conversation_does() -> None:
    """The server has its beginning in its cache; an open question is left out, for it stays as it is."""
    assert compaction.request([*TURNS, user("now?")]) == (*TURNS, user(INSTRUCTION))
    assert compaction.request(TURNS) == (*TURNS, user(INSTRUCTION))


def test_it_is_lawful_in_the_middle_of_a_turn() -> None:
    """Between a tool and the instruction stands the assistant."""
    asked = list(compaction.request(TURNS[:3]))
    assert asked == [*TURNS[:3], model(PAUSED), user(INSTRUCTION)]
    assert normalise(asked)[0] is asked


@pytest.mark.parametrize("messages", [[], [user("only this")]])
def test_nothing_to_sum_up(messages: list[Message]) -> None:
    """A question alone cannot be made shorter by a summary."""
    assert compaction.request(messages) == ()


@pytest.mark.parametrize("room", [10, 300, 400, 700, 1200])
def test_it_is_cut_to_fit(room: int) -> None:
    """First the long texts of tools, then the beginning; it stays lawful, and the user's words stay in brief."""
    asked = list(compaction.request(TURNS, room))
    assert normalise(asked)[0] is asked
    said = "\n".join(message.text for message in asked)
    assert all(f"question {number}" in said for number in range(4))
    assert asked[-1] == user(INSTRUCTION)
    assert (EARLIER in said) == (room < 300)


def test_an_older_summary_is_not_forgotten_when_it_is_cut() -> None:
    """It stands at the beginning, which is what goes first: it goes into the note instead."""
    asked = compaction.request([compaction.standing("what was long ago"), model("yes"), *TURNS], 250)
    assert "what was long ago" in asked[0].text


# ---- what stands for the conversation


def test_the_user_s_last_words_stay_word_for_word() -> None:
    """Oldest first, as many as fit a seventh of the window, without our own notes."""
    messages = [*TURNS, user(f"now?\n\n{CONTINUE}")]
    assert compaction.words(messages, 10_000) == ("question 0", "question 1", "question 2", "question 3", "now?")
    assert compaction.words(messages, 40) == ("question 2", "question 3", "now?")


def test_a_warning_is_not_taken_for_words_of_the_user() -> None:
    """It told of a window that is no longer full."""
    (spoken,) = compaction.words(budget.merge_warning([user("hi")], f"{budget.TAG}full</context-warning>"), 1000)
    assert spoken == "hi"


def test_what_the_user_said_last_is_never_lost() -> None:
    """It stays whole up to half of the window, and is cut in its middle beyond, with a note."""
    last = "a" + "x" * 7000 + "e"
    assert compaction.words([*TURNS, user(last)], 4000) == (last,)
    (*_, cut) = compaction.words([*TURNS, user(last)], 1000)
    assert (cut[0], cut[-1]) == ("a", "e")
    assert "left out here" in cut


def test_what_is_no_text_leaves_a_note() -> None:
    """A summary cannot hold an image."""
    image = {"type": "image_url", "image_url": {"url": "u"}}
    message = Message(role="user", content=[{"type": "text", "text": "look"}, image])
    assert compaction.words([message], 1000) == ("look\n[image_url left out]",)


def test_a_summary_of_a_summary_keeps_no_older_one() -> None:
    """An old summary is not handed on as words of the user; the words beside it are."""
    first = compaction.folded(TURNS, "the first summary", 10_000)
    assert first is not None
    second = compaction.folded([compaction.standing(first), *TURNS], "the second summary", 10_000)
    assert second is not None
    assert "the first summary" not in second
    assert second.startswith(f"the second summary\n\n{WORDS}\n\nquestion 0")
    assert compaction.standing(second).text.startswith(f"{SUMMARY}\n\nthe second")


@pytest.mark.parametrize("summary", ["", " \n", "x" * 8000])
def test_a_summary_that_does_not_help_is_none(summary: str) -> None:
    """Empty, or not a tenth shorter: to take it would be the beginning of an endless compaction.

    (reference faults 33, 34)
    """
    assert compaction.folded(TURNS, summary, 10_000) is None
    assert compaction.folded(TURNS, "x" * 7000, 10_000) is not None
