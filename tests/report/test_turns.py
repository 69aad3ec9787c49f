"""Promises of nexdiag.report.turns."""

import msgspec
from report import sample

from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.core.turn import Session
from nexdiag.report.turns import exchange_facts, turn_facts


def test_each_request_knows_what_is_new_in_it() -> None:
    """Messages that the request before had sent are counted as kept; a retry has nothing new."""
    first, second, retry = exchange_facts(sample.alternation().cassette.exchanges)
    assert (first.messages, first.kept, first.dropped) == (2, 0, 0)
    assert (second.messages, second.kept, second.dropped) == (5, 2, 0)
    assert (retry.messages, retry.kept, retry.dropped) == (5, 5, 0)


def test_rewritten_history_is_counted() -> None:
    """Messages of the request before that are gone or changed are counted as dropped."""
    tape = sample.Tape()
    tape.ask([sample.SYSTEM, sample.user("a"), sample.assistant("b"), sample.user("c")], None, 0, 1)
    tape.ask([sample.SYSTEM, sample.user("summary")], None, 1, 2)
    assert exchange_facts(tape.exchanges)[1].dropped == 3


def test_turns_hold_what_belongs_to_them() -> None:
    """Exchanges, log lines, tool runs and findings are sorted into their turns."""
    turns = turn_facts(sample.healthy())
    assert [turn.number for turn in turns] == [1, 2]
    assert [[seen.exchange.id for seen in turn.exchanges] for turn in turns] == [[0, 1], [2]]
    assert [len(turn.log) for turn in turns] == [4, 2]
    assert [len(turn.tool_runs) for turn in turns] == [1, 0]
    assert [finding.code for finding in turn_facts(sample.alternation())[1].findings] == ["NX101", "NX702"]


def test_turns_that_nobody_told_of_are_read_off_their_exchanges() -> None:
    """A recording of a foreign program has turns by number alone: said, reply and outcome come from the wire."""
    run = sample.alternation()
    bare = msgspec.structs.replace(run, cassette=msgspec.structs.replace(run.cassette, turns=()))
    first, second = turn_facts(bare)
    assert (first.said, first.outcome) == ("Fix the failing test.", "answered")
    assert (first.reply or "").startswith("The test compared")
    assert (second.said, second.outcome, second.reply) == ("Now run it again.", "failed", None)


def test_a_session_tells_of_turns_when_the_cassette_does_not() -> None:
    """The turns of the session stand in for those of a cassette without any."""
    run = sample.healthy()
    session = Session(id="s", turns=run.cassette.turns)
    bare = msgspec.structs.replace(run.cassette, turns=())
    assert turn_facts(msgspec.structs.replace(run, cassette=bare, session=session))[0].said.startswith("What does")


def test_what_belongs_to_no_turn_is_kept() -> None:
    """An exchange outside all turns stands in a group of its own, first."""
    tape = sample.Tape()
    tape.ask([sample.user("a")], sample.whole(sample.assistant("b")), 0, None)
    turns = turn_facts(sample.run("models", tape, sample.healthy().cassette.turns))
    assert [turn.number for turn in turns] == [None, 1, 2]
    assert turns[0].outcome == ""


def test_a_finding_in_an_unknown_turn_is_kept() -> None:
    """A finding whose turn has no exchange still finds its turn."""
    finding = Finding(rule="r", code="NX1", severity=Severity.INFO, summary="", location=Location(turn=9))
    run = msgspec.structs.replace(sample.healthy(), findings=(finding,))
    assert turn_facts(run)[-1].findings == (finding,)


def test_that_a_turn_failed_is_no_error_beside_it() -> None:
    """The daemon logs each failed turn as an error; the turn says it already. Other errors of that turn count."""
    run = sample.alternation()
    lines = (sample.log(7, "Turn 2 failed: refused", "ERROR", 2), sample.log(7, "Turn 1 failed", "ERROR", 1))
    log = (*run.cassette.log, *lines)
    first, second = turn_facts(msgspec.structs.replace(run, cassette=msgspec.structs.replace(run.cassette, log=log)))
    assert [line.text for line in first.errors] == ["Turn 1 failed"]
    assert [line.text[:8] for line in second.errors] == ["HTTP 400", "turn 2 e"]
