"""Replays as plain lines."""

import msgspec
from report.replay import sample
from syrupy.assertion import SnapshotAssertion

from nexdiag.core.difference import Difference
from nexdiag.core.replayed import Pair
from nexdiag.core.run import Replayed
from nexdiag.core.turn import Turn
from nexdiag.report.replay.text import recording, summary, whole


def test_the_golden_text(snapshot: SnapshotAssertion) -> None:
    """Each way in which a recording can come out, as it is shown, and the summary."""
    assert whole(sample.several()) == snapshot


def test_a_thousand_exact_turns_are_one_line() -> None:
    """Long runs are folded, and with -v each has its line."""
    rows = recording(sample.long()).splitlines()
    assert len(rows) < 25
    assert "  turns 1 to 990 ✓ exact" in rows
    assert "  turns 992 to 1000 ≠ changed" in rows
    assert len(recording(sample.long(), verbose=True).splitlines()) > 1000


def test_a_divergence_has_all_and_stays_under_25_lines() -> None:
    """The turn, the nearest recording, the path, both values, what follows, what to do, and the next command."""
    told = whole([sample.changed()])
    rows = told.splitlines()
    assert len(rows) < 25
    for wanted in (
        "turn 3 ≠ changed", "exchange 4 of turn 3: the first 6 of its 7 messages are equal", "/messages/6/content",
        "⟦quick⟧", "⟦careful⟧", "1 more difference in the same request", "2 later requests differ only because",
        "if the change is meant", "✗ without a recording: request 3", "✗ not asked for: exchanges 2, 3, 4",
        "✗ 3 of 5 turns differ",
    ):  # fmt: skip
        assert wanted in told, wanted
    assert rows[-1] == "Next: nexdiag cassette show cassettes/changed.cassette.jsonl --exchange 4"
    assert told.count("⟦quick⟧") == 1


def test_the_same_divergence_of_other_conversations_is_named_and_not_shown() -> None:
    """One change of an executor shows in every conversation: it is told once."""
    first, second = sample.changed(session="1").run, sample.changed(session="2").run
    assert first is not None
    assert second is not None
    both = msgspec.structs.replace(first, replayed=first.replayed + second.replayed)
    told = recording(msgspec.structs.replace(sample.changed(), run=both))
    assert told.count("⟦quick⟧") == 1
    assert "the same divergence as in session 1, turn 3" in told
    assert "the same divergence in all 2: mend it once" in summary([sample.changed("a"), sample.changed("b")])


def test_of_many_conversations_that_part_otherwise_few_are_shown_in_full() -> None:
    """The others have a line with their place."""
    turns = []
    for number in range(9):
        first = Difference(pointer=f"/at/{number}", left=1, right=2)
        found = msgspec.structs.replace(sample.DIVERGENCE, first=first, session=str(number))
        turns.append(sample.verdict(1, "changed", session=str(number), divergence=found))
    told = recording(sample.one("many", turns))
    assert told.count("to do") == 3
    assert "changed at /at/8" in told


def test_a_divergence_is_never_left_out_for_want_of_room() -> None:
    """Rows of turns that alternate are cut; the one that tells is not."""
    turns = [sample.verdict(number, "unchecked" if number % 2 else "exact", note="n") for number in range(1, 200)]
    turns.append(sample.verdict(200, "changed", divergence=sample.DIVERGENCE))
    told = recording(sample.one("wild", turns))
    assert "⟦quick⟧" in told
    assert "159 more lines of turns: nexdiag -v replay" in told


def test_a_mended_turn_is_told_as_gone_with_what_changed() -> None:
    """`✓ NX101 gone, nothing new`; the rest is not checked; the next command takes a new answer."""
    told = whole([sample.mended()])
    assert "  ✓ NX101 gone, nothing new   200 ms   (recorded 3.0 s)" in told
    assert "/messages/6/role" in told
    assert "not checked: 1 of 3 turns" in told
    assert "✗" not in told
    assert told.splitlines()[-1] == "Next: nexdiag capture --from 2"


def test_what_was_not_proved_is_told() -> None:
    """Resent requests were not made by their client; expired, torn and unchecked ones are named."""
    assert "Not checked: what their client would send today" in recording(sample.resent())
    assert "✗ it was recorded on 2025-01-02" in recording(sample.expired())
    assert "! expired: it was recorded on 2025-01-02" in recording(sample.old())
    assert "not checked: the end of the file: line 36 is torn" in recording(sample.torn())
    assert "✓ exact" not in recording(sample.torn()).splitlines()[-1]
    assert "✓ exact: live and replayed sessions are equal" in recording(sample.exact())


def test_exact_says_no_more_than_was_proved() -> None:
    """Each way of a replay has a sentence of its own, and one of a part says of how much."""
    turns = [sample.verdict(1)]
    assert "✓ exact: each request that came was the recorded one" in recording(sample.one("x", turns, how="served"))
    assert "✓ exact: each recorded request found" in recording(sample.one("x", turns, how="resent"))
    five = [sample.verdict(number) for number in range(1, 6)]
    told = recording(sample.one("x", five, sample.pairing(2)))
    assert "   2 of 5 exchanges   " in told
    assert "sessions are equal; 2 of 5 recordings had a part in it" in told
    looser = sample.pairing(1, pairs=(Pair(request=0, exchange=0, how="prefix"),))
    assert "exact:" not in recording(sample.one("x", turns, looser, how="served"))


def test_resent_requests_come_with_the_command_of_their_client() -> None:
    """As it was recorded, in the report and as the one next command."""
    told = whole([sample.one("x", [sample.verdict(1)], how="resent", command="./agent 'fix it'")])
    line = "nexdiag replay cassettes/x.cassette.jsonl -- ./agent 'fix it'"
    assert f"  client    it was not run; to run it: {line}" in told
    assert told.splitlines()[-1] == f"Next: {line}"


def test_what_was_asked_outside_turns_is_not_hidden_behind_missing_turns() -> None:
    """Its divergence is shown in full."""
    outside = sample.verdict(0, "extra", said="", divergence=sample.DIVERGENCE)
    told = recording(sample.one("x", [sample.verdict(1, "missing"), outside], how="served"))
    assert "⟦careful⟧" in told


def test_hostile_text_stays_on_its_line() -> None:
    """No control character comes through, and no line is forged."""
    told = whole([sample.hostile(), sample.unread()], verbose=True)
    assert not {"\x1b", "\r", "\x00", "\u202e", "\ud800"} & {*told}
    assert not [row for row in told.splitlines() if row.startswith("::")]
    told.encode()


def test_exact_is_not_well_where_the_recording_failed() -> None:
    """The turn has failed again, in the words that were recorded; a turn that was answered says nothing."""
    run = sample.exact().run
    assert run is not None
    failed = Turn(number=2, said="", outcome="failed", error="roles must\x1b alternate")
    cassette = msgspec.structs.replace(run.cassette, turns=(Turn(number=1, said=""), failed))
    rows = recording(Replayed(path="a", run=msgspec.structs.replace(run, cassette=cassette))).splitlines()
    assert [row for row in rows if "it failed" in row] == ["    it failed, as recorded: roles must⟨ESC⟩ alternate"]
    assert rows[rows.index("    it failed, as recorded: roles must⟨ESC⟩ alternate") - 1].startswith("  turn 2 ✓ exact")


def test_of_many_those_that_are_exact_are_a_line() -> None:
    """What is not exact, or is old, is shown as ever; and so is all with -v."""
    done = sample.several()
    rows = whole(done, brief=True).splitlines()
    wanted = "✓ cassettes/exact.cassette.jsonl   3 turns exact   3 requests, 3 recordings, 3 pairs, one to one   200 ms"
    assert rows[0].startswith(wanted)
    assert "! expired: it was recorded" in "\n".join(rows)
    assert len(rows) < len(whole(done).splitlines())
    assert whole(done, brief=True, verbose=True) == whole(done, verbose=True)


def test_the_pace_is_in_the_head() -> None:
    """As it was chosen."""
    assert "speed 10 " in recording(sample.exact(), speed=10.0)
    assert "speed max " in recording(sample.exact())


def test_a_summary_of_many_names_what_failed_and_counts_the_rest() -> None:
    """The worst first; exact ones are a number."""
    told = summary([sample.exact()] * 100 + [sample.changed(f"c{number}") for number in range(30)])
    assert told.splitlines()[0] == "✗ 130 recordings: 30 changed, 100 exact"
    assert "turn 3 changed at /messages/6/content" in told
    assert "and 10 more" in told
    assert len(told.splitlines()) < 25


def test_a_second_change_of_a_conversation_is_shown_beside_the_first() -> None:
    """It does not follow from that, so that it would be lost among what does; its values are under its turn."""
    second = Difference(pointer="/messages/8/content", left="q5", right="q5!", turn=5)
    run = sample.changed().run
    assert run is not None
    turns = [
        msgspec.structs.replace(
            turn, note="it comes after what changed, and differs by itself too", differences=(second,)
        )
        if turn.number == 5
        else turn
        for turn in run.replayed
    ]
    told = recording(msgspec.structs.replace(sample.changed(), run=msgspec.structs.replace(run, replayed=tuple(turns))))
    assert "differs by itself too" in told
    assert "/messages/8/content" in told
