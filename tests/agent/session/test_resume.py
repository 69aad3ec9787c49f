"""Promises of nexdiag.agent.session.resume: any journal becomes a conversation that the strictest server takes."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import msgspec
import pytest
import strategies as our
from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.agent.loop import INTERRUPTED, STOPPED, calls, compaction, continuation
from nexdiag.agent.loop.normalise import without_blank_parts
from nexdiag.agent.session.resume import LOST, SUMMARY, Restored, restore
from nexdiag.codec import journal
from nexdiag.core.message import Message, ToolCall
from nexdiag.core.turn import ToolRun

INIT = Message(role="init", content="You are")
"""Stands in a test's list for the start of a process."""


def user(text: str) -> Message:
    """Say something."""
    return Message(role="user", content=text)


def model(text: str | None = None, *ids: str) -> Message:
    """Answer, with calls of these ids."""
    return Message(
        role="assistant", content=text, tool_calls=tuple(ToolCall(id=name, name="bash", arguments="{}") for name in ids)
    )


def tool(name: str, text: str = "ran", *, failed: bool = False) -> Message:
    """Give the result of a call."""
    return Message(role="tool", content=text, tool_call_id=name, is_error=failed)


def entered(messages: Iterable[Message | journal.Entry], **facts: Any) -> list[journal.Entry]:  # noqa: ANN401 - fields of any type
    """Journal the messages, one line each; other entries keep all but their number."""
    entries: list[journal.Entry] = []
    for seq, message in enumerate(messages, 1):
        stamp = journal.timestamp(1000.0 + seq / 1000)
        if not isinstance(message, Message):
            entries.append(msgspec.structs.replace(message, seq=seq))
        elif message.role == "init":
            entry = journal.InitEntry(
                seq=seq, timestamp=stamp, model="m", provider="p", system_prompt=message.text, tools=()
            )
            entries.append(entry)
        else:
            entries.append(msgspec.structs.replace(journal.message_entry(message, seq=seq, timestamp=stamp), **facts))
    return entries


def asked(text: str, request_id: str) -> journal.Entry:
    """Journal a question as our handler does."""
    entry = journal.message_entry(user(text), seq=0, timestamp="1970-01-01T00:00:00Z")
    return msgspec.structs.replace(entry, request_id=request_id, turn=1)


def compacted(through: int, summary: str, reason: str | None = None) -> journal.Entry:
    """Journal a compaction."""
    return journal.CompactionEntry(
        seq=0,
        timestamp="",
        compacted_through_seq=through,
        summary=summary,
        original_message_count=1,
        original_token_count=1,
        fallback_reason=reason,
    )


def ran(name: str, output: str) -> journal.Entry:
    """Journal a tool run."""
    run = ToolRun(call_id=name, name="bash", arguments="{}", output=output)
    return journal.tool_entry(run, seq=0, timestamp="")


def restored(*messages: Message | journal.Entry) -> Restored:
    """Journal these, and restore them."""
    return restore(entered(messages))


def assert_valid(messages: Iterable[Message]) -> None:
    """Assert what the strictest server asks of a conversation."""
    messages = list(messages)
    assert all(message.role in {"user", "assistant", "tool"} for message in messages)
    assert [message.role for message in messages[:1]] in ([], ["user"])
    for before, after in pairwise(messages):
        allowed = {"user": {"assistant"}, "tool": {"assistant", "tool"}}
        follows = {"tool"} if before.tool_calls else {"user"}
        assert after.role in allowed.get(before.role, follows)
    ids = [call.id for message in messages for call in message.tool_calls]
    assert len(ids) == len(set(ids))
    assert "" not in ids
    for place, message in enumerate(messages):
        if message.tool_calls:
            results = messages[place + 1 : place + 1 + len(message.tool_calls)]
            assert [result.tool_call_id for result in results] == [call.id for call in message.tool_calls]
    assert sum(message.role == "tool" for message in messages) == len(ids)
    assert all(message.content for message in messages if message.role in {"user", "tool"})
    assert all(calls.mended(message) is message for message in messages)
    assert all(without_blank_parts(message) is message for message in messages)
    assert all(message.tool_calls or message.text.strip() for message in messages if message.role == "assistant")


@settings(max_examples=50)
@given(our.conversations())
def test_a_whole_journal_gives_its_conversation(conversation: tuple[Message, ...]) -> None:
    """What was journaled without fault comes back as it was, and nothing is told."""
    whole = tuple(message for message in conversation if message.role not in {"system", "developer"})
    try:
        assert_valid(whole)
    except AssertionError:
        return
    again = restore(entered(whole))
    assert again.messages == whole
    assert again.repairs == ()


@st.composite
def journals(draw: st.DrawFn) -> list[journal.Entry | journal.Bad]:
    """Draw the journal of several processes, then spoil it: lines dropped, doubled, swapped, added, cut off."""
    turns: list[Message | journal.Entry] = []
    for _ in range(draw(st.integers(1, 3))):
        turns += [INIT] if draw(st.booleans()) else []
        turns += draw(our.conversations())
        turns += draw(st.lists(odd_entries, max_size=2))
    entries: list[journal.Entry | journal.Bad] = []
    for entry in entered(turns):
        entries += [entry] * draw(st.sampled_from([1, 1, 1, 1, 0, 2]))
        if isinstance(entry, journal.MessageEntry) and draw(st.integers(0, 4)) == 0:  # as the reference does
            entries.append(msgspec.structs.replace(entry, seq=entry.seq + 1000))
    if draw(st.booleans()):
        entries = draw(st.permutations(entries))
    if draw(st.booleans()):
        entries.append(journal.Bad(raw=b"{", why="torn"))
    return entries[: draw(st.integers(0, len(entries)))]


odd_entries: st.SearchStrategy[journal.Entry] = st.one_of(
    st.builds(compacted, st.integers(-1, 40), st.sampled_from(["", "all that was", "microcompact: -5 bytes"])),
    st.builds(ran, our.names, our.texts),
    st.builds(asked, our.texts, st.sampled_from(["r1", "r2"])),
    st.sampled_from([Message(role="", content="x"), Message(role="tool", tool_calls=model(None, "a").tool_calls)]).map(
        lambda message: journal.message_entry(message, seq=0, timestamp="")
    ),
)


@settings(max_examples=60)
@given(journals())
def test_any_journal_gives_a_valid_conversation(entries: list[journal.Entry | journal.Bad]) -> None:
    """Lines lost, doubled, swapped or torn anywhere: the conversation is valid, and needs no second repair."""
    once = restore(entries)
    assert_valid(once.messages)
    twice = restore(entered(once.messages))
    assert twice.messages == once.messages
    assert twice.repairs == ()
    assert restore(entries) == once


@settings(max_examples=60)
@given(journals())
def test_no_words_of_the_user_are_lost(entries: list[journal.Entry | journal.Bad]) -> None:
    """Every text of the user that no summary stands for is in the conversation; the last one always is."""
    said = [
        message.content
        for entry in entries
        if isinstance(entry, journal.MessageEntry)
        for message in journal.messages_of(entry)
        if message.role == "user" and isinstance(message.content, str) and message.content
    ]
    parts = [message.text for message in restore(entries).messages if message.role == "user"]
    if not any(isinstance(entry, journal.CompactionEntry) for entry in entries):
        assert all(any(text in part for part in parts) for text in said)


def test_a_message_that_the_reference_wrote_twice_counts_once() -> None:
    """The first question of a process and its tool results, which the reference journals twice, are there once.

    (reference fault L1)
    """
    question, results = user("hi"), tool("a")
    again = restored(INIT, question, question, model(None, "a"), results, results, model("done"))
    assert again.messages == (question, model(None, "a"), results, model("done"))
    assert len(again.repairs) == 2


@pytest.mark.parametrize(
    "messages",
    [
        [INIT, user("hi"), model("yes?"), user("go"), user("go")],
        [INIT, user("go"), user("hi"), user("go")],
        [asked("go", "r1"), asked("go", "r2")],
        [asked("go", "r1"), model("done"), asked("go", "r1")],
    ],
)
def test_a_user_who_says_it_again_is_heard_again(messages: list[Message | journal.Entry]) -> None:
    """Equal words are dropped only where it is known that one saying was written down twice."""
    again = restored(*messages)
    assert sum(message.text.split().count("go") for message in again.messages) == 2


def test_time_and_turns_tell_a_repeat_from_a_copy() -> None:
    """Equal first words count twice when seconds lie between them, and when they have a turn number."""
    first, second = entered([user("hi"), user("hi")])
    assert restore([first, second]).messages == (user("hi"),)
    assert restore([first, msgspec.structs.replace(second, timestamp="1970-01-01T00:16:43Z")]).messages == (
        user("hi\n\nhi"),
    )
    assert restore([first, msgspec.structs.replace(second, timestamp="later")]).messages == (user("hi\n\nhi"),)
    assert restore(entered([user("hi"), user("hi")], turn=1)).messages == (user("hi\n\nhi"),)


def test_a_question_asked_again_after_a_crash_counts_once() -> None:
    """The same request id, journaled again before it had an answer, is the same question."""
    again = restored(asked("hi", "r1"), model(None, "a"), asked("hi", "r1"), model("done"))
    assert again.messages == (user("hi"), model(None, "a"), tool("a", INTERRUPTED, failed=True), model("done"))


def test_a_call_without_a_result_is_answered_right_behind_it() -> None:
    """A crash while tools ran leaves no open call; what ran before it keeps its result, in the order of the calls.

    (reference fault L2)
    """
    again = restored(user("hi"), model(None, "a", "b", "c"), ran("c", "from the record"), tool("b"), user("well?"))
    assert again.messages == (
        user("hi"),
        model(None, "a", "b", "c"),
        tool("a", INTERRUPTED, failed=True),
        tool("b"),
        tool("c", "from the record"),
        model(STOPPED),
        user("well?"),
    )
    assert len(again.repairs) == 3


def test_results_without_a_call_are_dropped() -> None:
    """A result whose call was cut away, or that comes a second time, goes, and is told (reference fault L5)."""
    again = restored(tool("x"), user("hi"), model(None, "a"), tool("a", "1"), tool("a", "2"), tool("b"), model("done"))
    assert again.messages == (user("hi"), model(None, "a"), tool("a", "1"), model("done"))
    assert again.repairs == (
        "a result without a call was dropped (2 times)",
        "a second result for one call was dropped",
    )


def test_ids_that_were_used_before_are_told_apart() -> None:
    """Calls without ids, or with ids that began again in each answer, keep their own results under ids of their own.

    (reference fault L11)
    """
    again = restored(
        user("1"),
        model(None, "", ""),
        tool("", "x"),
        tool("", "y"),
        model("ok"),
        user("2"),
        model(None, ""),
        tool("", "z"),
    )
    assert_valid(again.messages)
    assert [message.content for message in again.messages if message.role == "tool"] == ["x", "y", "z"]
    again = restored(user("1"), model(None, "", ""), ran("", "x"), ran("", "y"))
    assert [message.content for message in again.messages if message.role == "tool"] == ["x", "y"]


def test_two_answers_in_a_row_get_a_note_between_them() -> None:
    """Where the user's line was lost, a note stands in its place, also before a first answer."""
    again = restored(model("one"), model("two"))
    assert again.messages == (user(LOST), model("one"), user(LOST), model("two"))


def test_neighbours_are_merged_as_the_loop_does() -> None:
    """Two questions without an answer between them are one message, with parts if one of them has parts.

    (reference fault 2)
    """
    assert restored(user("a"), user("b")).messages == (user("a\n\nb"),)
    picture = [{"type": "image_url", "image_url": {"url": "x"}}]
    again = restored(user("a"), Message(role="user", content=picture))
    assert again.messages == (Message(role="user", content=[{"type": "text", "text": "a"}, *picture]),)


def test_empty_messages_are_left_out() -> None:
    """An answer of nothing but thoughts, and an empty question, are none (reference fault L10)."""
    thought = Message(role="assistant", reasoning="hm")
    again = restored(user("hi"), thought, Message(role="user", content=""), model(" \n"), user("well?"))
    assert again.messages == (user("hi\n\nwell?"),)
    assert again.interruption == "prompt"


def test_a_summary_stands_for_what_it_sums_up() -> None:
    """What lies up to the compacted `seq` is left out; the tail behind it stays, and so does all that came later."""
    again = restored(user("1"), model("1"), user("2"), model("2"), compacted(2, "one"), user("3"), model("3"))
    assert [message.text for message in again.messages] == [f"{SUMMARY}\n\none\n\n2", "2", "3", "3"]


def test_the_tail_that_the_reference_kept_is_kept() -> None:
    """A summary that claims everything keeps the last two messages beside it, and no call without its results.

    (reference fault L3)
    """
    before = (user("1"), model("1"), user("2"), model(None, "a", "b"))
    results = Message(role="user", content=None)
    entry = msgspec.structs.replace(
        journal.message_entry(results, seq=0, timestamp=""),
        content=tuple(journal.ToolResult(tool_use_id=name, content="ran") for name in "ab"),
    )
    again = restored(*before, entry, entry, compacted(6, "all"))
    assert again.messages[1:] == (model(None, "a", "b"), tool("a"), tool("b"))
    assert again.messages[0].text.endswith("all")
    again = restored(*before, entry, model("done"), compacted(6, "all"))
    assert again.messages[1:] == (model(None, "a", "b"), tool("a"), tool("b"), model("done"))
    again = restored(user("1"), model("1"), user("2"), user("2"), compacted(4, "all"))
    assert again.messages[1] == model("1")


@pytest.mark.parametrize(
    ("summary", "reason"),
    [("microcompact: -5120 bytes (~1300 tokens)", None), ("  ", None), ("we spoke", "summary call failed")],
)
def test_a_compaction_that_sums_up_nothing_costs_nothing(summary: str, reason: str | None) -> None:
    """The remark of a failed or small compaction stands for no message, even before a real one's summary is known.

    (reference fault L3)
    """
    again = restored(user("1"), model("1"), compacted(99, summary, reason), user("2"))
    assert again.messages == (user("1"), model("1"), user("2"))
    assert len(again.repairs) == 1


def test_a_compaction_does_not_reach_beyond_itself() -> None:
    """However high its number, a summary stands only for what was written before it."""
    again = restored(user("1"), model("1"), compacted(10**18, "one"), user("2"), model("2"))
    assert again.messages[-2:] == (user("2"), model("2"))


@pytest.mark.parametrize(
    ("entries", "unanswered", "interruption", "answered"),
    [
        ([asked("hi", "r1")], "r1", "prompt", {}),
        ([asked("hi", "r1"), model(None, "a")], "r1", "turn", {}),
        ([asked("hi", "r1"), model("I will", "a"), tool("a")], "r1", "turn", {}),
        ([asked("hi", "r1"), model(None, "a"), tool("a"), model("done")], None, None, {"r1": "done"}),
        ([asked("hi", "r1"), asked("ho", "r2"), model("done")], None, None, {"r2": "done"}),
        ([user("hi")], None, "prompt", {}),
        ([user("hi"), model("done")], None, None, {}),
        ([], None, None, {}),
    ],
)
def test_it_tells_how_the_last_turn_stands(
    entries: list[Message | journal.Entry], unanswered: str | None, interruption: str | None, answered: dict[str, str]
) -> None:
    """A handler that starts again knows what it was asked, how far it came, and what it has only to hand over."""
    again = restored(*entries)
    assert (again.unanswered, again.interruption, again.answered) == (unanswered, interruption, answered)
    assert again.heard == {entry.request_id for entry in entries if isinstance(entry, journal.MessageEntry)}


def test_an_answer_that_was_cut_off_is_none() -> None:
    """A reply that ended at the token limit leaves the question open."""
    cut = msgspec.structs.replace(
        journal.message_entry(model("because"), seq=0, timestamp=""), stop_reason="max_tokens"
    )
    assert restored(asked("why?", "r1"), cut).unanswered == "r1"


def test_a_question_that_is_asked_again_is_left_out() -> None:
    """A caller who will say the open question again gets the conversation without it; what a tool did stays."""
    open_question = entered([user("1"), model("1"), asked("2", "r2")])
    assert restore(open_question, again="r2").messages == (user("1"), model("1"))
    assert restore(open_question, again="r1").messages == (user("1"), model("1"), user("2"))
    worked = entered([asked("2", "r2"), model(None, "a"), tool("a")])
    assert restore(worked, again="r2").messages == (user("2"), model(None, "a"), tool("a"))


def test_the_system_prompt_stands_apart() -> None:
    """The prompt of the last start is given beside the messages, and a system message among them is not one of them."""
    again = restored(INIT, user("hi"), Message(role="init", content="You were"), model("hello"))
    assert (again.system_prompt, again.messages) == ("You were", (user("hi"), model("hello")))
    again = restored(Message(role="system", content="Be brief"), user("hi"))
    assert (again.system_prompt, again.messages) == ("Be brief", (user("hi"),))


def test_bad_lines_and_turns_are_counted() -> None:
    """Every line that could not be read is told, and the turns go on from the highest number."""
    bad = journal.Bad(raw=b"{", why="torn")
    again = restore([*entered([user("hi")], turn=7), bad, bad])
    assert again.repairs == ("a line of the journal could not be read (2 times)",)
    assert again.turns == 7


def test_a_doubled_line_counts_once() -> None:
    """The same line twice is one message, wherever the second stands; an equal one with its own number is another."""
    entries = entered([user("a"), model("b"), user("c"), model("b")])
    again = restore([*entries, *entries])
    assert again.messages == (user("a"), model("b"), user("c"), model("b"))
    assert Counter(again.repairs) == Counter({"a line of the journal stood there twice (4 times)": 1})


# ---- what our own journal holds


def ours(*messages: Message | journal.Entry) -> list[journal.Entry]:
    """Journal these as we do: each entry has a turn number."""
    return [msgspec.structs.replace(entry, turn=1) for entry in entered(messages)]


def test_our_summary_stands_for_all_before_it() -> None:
    """Nothing is kept beside it that the machine did not keep, whatever the numbers (reference fault L3)."""
    again = restore(ours(user("1"), model("1"), user("2"), compacted(3, "all"), model("2")))
    assert again.messages == (compaction.standing("all"), model("2"))
    spoiled = ours(user("1"), model("1"), compacted(1, "all"))
    assert restore(spoiled).messages == (compaction.standing("all"),)


def test_results_that_were_cleared_stay_cleared() -> None:
    """The results of the calls that are named, and of no other; and nobody is bothered with it."""
    remark = compaction_entry(compaction.remark(["a", "c"]), compaction.REASON)
    again = restore(ours(user("1"), model(None, "a", "b"), tool("a"), tool("b"), model("1"), remark))
    assert [message.text for message in again.messages[2:4]] == [compaction.CLEARED, "ran"]
    assert again.repairs == ()


def test_an_id_that_begins_anew_behind_a_summary_is_another_call() -> None:
    """What was cleared before the summary is gone; a call that is named the same keeps its result."""
    remark = compaction_entry(compaction.remark(["a"]), compaction.REASON)
    again = restore(
        ours(user("1"), model(None, "a"), tool("a"), remark, compacted(4, "all"), model(None, "a"), tool("a", "new"))
    )
    assert again.messages[-1] == tool("a", "new")


@pytest.mark.parametrize(
    "summary", ["microcompact: cleared the results of [", "microcompact: cleared the results of 1"]
)
def test_a_spoiled_remark_clears_nothing(summary: str) -> None:
    """Nor does one that is not ours."""
    entries = ours(user("1"), model(None, "a"), tool("a"), compaction_entry(summary, compaction.REASON))
    assert restore(entries).messages[2] == tool("a")


def compaction_entry(summary: str, reason: str) -> journal.Entry:
    """Journal a remark."""
    return compacted(0, summary, reason)


def cut(text: str) -> journal.Entry:
    """Journal an answer that was cut off at its token limit."""
    entry = journal.message_entry(model(text), seq=0, timestamp="")
    return msgspec.structs.replace(entry, stop_reason="max_tokens")


WISH = user(continuation.CONTINUE)


def test_an_answer_in_parts_is_one_answer() -> None:
    """The question that it answers is given the whole of it, and our wishes to go on are no questions of the user."""
    question = msgspec.structs.replace(asked("q", "r1"), turn=1)
    entries = ours(question, cut("The answer is fo"), WISH, cut("answer is forty"), WISH, model("-two"))
    entries = [msgspec.structs.replace(entry, request_id="r1") for entry in entries]
    again = restore(entries)
    assert again.answered == {"r1": "The answer is forty-two"}
    assert [message.text for message in again.messages][1::2] == ["The answer is fo", "answer is forty", "-two"]
    assert (again.unanswered, again.repairs) == (None, ())
    assert restore(entries[:-1]).unanswered == "r1"


def test_a_crash_before_our_wish_to_go_on_does_not_end_the_answer() -> None:
    """The half answer is never taken for a whole one: the wish is put behind it, also if more was said since."""
    entries = ours(asked("q", "r1"), cut("half"))
    again = restore(entries)
    assert again.messages == (user("q"), model("half"), WISH)
    assert (again.unanswered, again.answered) == ("r1", {})
    again = restore(ours(asked("q", "r1"), cut("half"), model("whole")))
    assert again.messages == (user("q"), model("half"), WISH, model("whole"))
    assert again.answered == {"r1": "halfwhole"}
