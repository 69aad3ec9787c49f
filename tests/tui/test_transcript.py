"""What is told, folded into entries: the tests read as what a user sees, from top to bottom."""

from tui_daemon import turn

from nexdiag.agent import progress as told
from nexdiag.core.message import Usage
from nexdiag.core.turn import ToolRun
from nexdiag.tui.entries import Answer, Failure, Note, Said, Streamed, Thought, Tool
from nexdiag.tui.transcript import Transcript


def seen(transcript: Transcript) -> list[str]:
    """One line an entry."""
    lines = []
    for entry in transcript.entries.values():
        match entry:
            case Said():
                lines.append(f"> {entry.text}{' (queued)' if entry.waiting else ''}")
            case Thought() | Answer():
                lines.append(f"{type(entry).__name__.lower()} {entry.text}{'' if entry.done else ' …'}")
            case Tool():
                lines.append(f"{entry.name} {entry.state} {entry.output}".strip())
            case Failure():
                lines.append(f"! {entry.text}")
            case Note():
                lines.append(f"- {entry.text}")
    return lines


def fold(*progress: told.Progress) -> list[str]:
    transcript = Transcript()
    for one in progress:
        transcript.apply(one)
    return seen(transcript)


BEGIN = told.TurnStarted(turn=turn())
USAGE = told.UsageTold(usage=Usage(), used=1)


def test_a_turn_with_thought_tool_and_answer() -> None:
    run = ToolRun(call_id="c", name="bash", arguments="{}", output="ok", duration=0.5)
    assert fold(
        BEGIN,
        told.ReasoningDelta(text="h"),
        told.ReasoningDelta(text="m"),
        told.ToolBuilding(index=0, name="ba", characters=0),
        told.ToolBuilding(index=0, name="bash", characters=9),
        USAGE,
        told.ToolStarted(name="bash", arguments="{}", call_id="c"),
        told.ToolRan(run=run),
        told.TextDelta(text="Do"),
        told.TextDelta(text="ne"),
        told.TurnEnded(turn=turn(outcome="answered", reply="Done")),
    ) == ["> hello", "thought hm", "bash ran ok", "answer Done"]


def test_text_that_is_taken_back_goes_and_what_ran_before_stays() -> None:
    """A request that is sent again says its answer again; it is not seen twice (reference faults 69, L7)."""
    assert fold(
        BEGIN,
        told.ToolStarted(name="grep", arguments="{}", call_id="a"),
        told.ToolRan(run=ToolRun(call_id="a", name="grep", arguments="{}", output="x")),
        told.ReasoningDelta(text="well"),
        told.TextDelta(text="Half an ans"),
        told.ToolBuilding(index=0, name="bash", characters=3),
        told.TextTakenBack(),
        told.TextDelta(text="Whole"),
    ) == ["> hello", "grep ran x", "answer Whole …"]


def test_two_calls_of_one_name_are_told_apart_by_id() -> None:
    first, second = (told.ToolStarted(name="bash", arguments="{}", call_id=at) for at in "ab")
    ran = told.ToolRan(run=ToolRun(call_id="b", name="bash", arguments="{}", output="2", is_error=True))
    assert fold(BEGIN, first, second, ran) == ["> hello", "bash running", "bash failed 2"]


def test_parallel_calls_that_were_written_together_run_one_after_the_other() -> None:
    built = [told.ToolBuilding(index=at, name=name, characters=1) for at, name in enumerate(("grep", "bash"))]
    ran = told.ToolRan(run=ToolRun(call_id="a", name="grep", arguments="{}", output="1"))
    started = [told.ToolStarted(name=name, arguments="{}", call_id=at) for at, name in (("a", "grep"), ("b", "bash"))]
    assert fold(BEGIN, *built, USAGE, started[0], ran, started[1]) == ["> hello", "grep ran 1", "bash running"]


def test_a_failed_turn_ends_with_its_line() -> None:
    """The line that the server said is there, in its place (reference fault 60)."""
    ended = told.TurnEnded(turn=turn(outcome="failed", error="400: no such model"))
    assert fold(BEGIN, ended) == ["> hello", "! 400: no such model"]


def test_an_answer_that_was_never_streamed_is_shown_at_the_end() -> None:
    """A server that does not stream, or a text that came before we followed (reference fault 67)."""
    ended = told.TurnEnded(turn=turn(outcome="answered", reply="All of it"))
    assert fold(BEGIN, ended) == ["> hello", "answer All of it"]


def test_a_cancelled_turn_says_so_and_leaves_no_tool_running() -> None:
    started = told.ToolStarted(name="bash", arguments="{}", call_id="a")
    ended = told.TurnEnded(turn=turn(outcome="cancelled", duration=2.0))
    assert fold(BEGIN, started, ended) == ["> hello", "bash cut off", "- cancelled after 2.0 s"]


def test_waiting_is_one_line_that_goes_and_retrying_one_that_stays() -> None:
    """A silence is told while it lasts, not as a list of seconds (reference fault 30)."""
    waits = [told.Waiting(seconds=at, reason="reading the prompt") for at in (20.0, 40.0)]
    tries = [told.Retrying(attempt=at, delay=0.5, reason="503") for at in (1, 2)]
    assert fold(BEGIN, *waits)[1:] == ["- waiting for 40 s: reading the prompt"]
    assert fold(BEGIN, *waits, *tries, told.TextDelta(text="Hi"))[1:] == [
        "- attempt 2 failed, again in 0.5 s: 503",
        "answer Hi …",
    ]


def test_what_was_mended_or_shortened_is_told_in_place_without_breaking_the_answer() -> None:
    assert fold(
        BEGIN,
        told.Compacted(before=30000, after=9000, how="pruned"),
        told.TextDelta(text="One"),
        told.Repaired(what="a call came as text"),
        told.TextDelta(text=" answer"),
    )[1:] == [
        "- shortened from 30,000 to 9,000 tokens: old tool results were left out",
        "answer One answer …",
        "- mended: a call came as text",
    ]


def test_what_is_said_ahead_waits_until_its_turn_begins() -> None:
    """Each message has one place, and its turn takes it (reference faults 53, 66)."""
    transcript = Transcript()
    transcript.ask("hello", "r1")
    transcript.ask("hello", "r2")
    assert seen(transcript) == ["> hello (queued)", "> hello (queued)"]
    transcript.apply(BEGIN)
    assert sorted(seen(transcript)) == ["> hello", "> hello (queued)"]
    assert [said.request_id for said in transcript.waiting()] == ["r2"]


def test_what_came_of_a_message_without_a_turn_is_shown() -> None:
    transcript = Transcript()
    transcript.refuse(transcript.ask("a", "r1"), "no such endpoint")
    transcript.settle(transcript.ask("/status", "r2"), "all is well")
    assert seen(transcript) == ["> a", "! no such endpoint", "> /status", "answer all is well"]


def test_a_turn_that_breaks_off_leaves_nothing_open() -> None:
    transcript = Transcript()
    for one in (BEGIN, told.TextDelta(text="Ha"), told.ToolStarted(name="bash", arguments="{}")):
        transcript.apply(one)
    transcript.breaks_off("gone")
    assert seen(transcript) == ["> hello", "answer Ha", "bash cut off", "- gone"]
    assert transcript.running is None


def test_a_turn_that_is_joined_is_not_there_twice() -> None:
    """History holds the beginning of the turn that is then told whole (reference faults 70, 75)."""
    transcript = Transcript()
    transcript.put_before([Said(key=transcript.new_key(), index=at, text=text) for at, text in enumerate("ab")])
    transcript.rejoin("other")
    assert seen(transcript) == ["> a", "> b"]
    transcript.rejoin("b")
    transcript.apply(told.TurnStarted(turn=turn(2, "b")))
    assert seen(transcript) == ["> a", "> b"]
    assert [entry.index for entry in transcript.entries.values()] == [0, 1]


def test_changes_are_what_came_since_the_last_time() -> None:
    """Ten thousand deltas between two drawings are one entry to draw."""
    transcript = Transcript()
    transcript.apply(BEGIN)
    transcript.take_changes()
    for _ in range(10_000):
        transcript.apply(told.TextDelta(text="x"))
    changes = transcript.take_changes()
    assert [type(entry) for entry in changes.changed] == [Answer]
    assert all(isinstance(entry, Streamed) and entry.size == 10_000 for entry in changes.changed)
    assert transcript.take_changes().changed == ()


def test_what_came_and_went_between_two_drawings_is_only_removed() -> None:
    transcript = Transcript()
    for one in (BEGIN, told.TextDelta(text="Ha"), told.TextTakenBack()):
        transcript.apply(one)
    changes = transcript.take_changes()
    assert [type(entry) for entry in changes.changed] == [Said]
    assert [type(entry) for entry in changes.removed] == [Answer]
