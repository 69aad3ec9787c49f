"""What came of a recording, in a word."""

import msgspec
import pytest
from report.replay import sample

from nexdiag.core.difference import Difference
from nexdiag.core.run import Replayed
from nexdiag.report.replay import verdict


@pytest.mark.parametrize(
    ("one", "word", "fails"),
    [
        (sample.exact(), "exact", False),
        (sample.changed(), "changed", True),
        (sample.mended(), "mended", False),
        (sample.expired(), "failed", True),
        (sample.old(), "exact", False),
        (sample.torn(), "unchecked", False),
        (sample.broken(), "broken", True),
        (sample.nothing(), "nothing", False),
        (sample.skipped(), "skipped", False),
        (Replayed(path="x", what="cut@9 cannot strike", code=2), "skipped", False),
        (sample.served(), "answered", False),
        (sample.one("x", [], sample.pairing(1, misses=(1,))), "changed", True),
        (sample.one("x", [sample.verdict(1), sample.verdict(2, "unchecked")]), "unchecked", False),
    ],
)
def test_each_has_one_word_and_fails_or_not(one: Replayed, word: str, fails: bool) -> None:
    """What was not checked is not exact; only what differs, may not pass or is broken fails."""
    assert (verdict.word(one), verdict.fails(one)) == (word, fails)


def test_the_worst_comes_first() -> None:
    """In lists and in the sentence."""
    assert [verdict.word(one) for one in verdict.ranked([sample.exact(), sample.changed(), sample.broken()])] == [
        "broken", "changed", "exact",
    ]  # fmt: skip
    assert verdict.sentence([sample.exact(), sample.exact()]) == "✓ 2 recordings: 2 exact"
    assert verdict.sentence([sample.nothing()]) == "? 1 recording: 1 held nothing to replay"
    assert verdict.sentence([]) == "? no recording was replayed"


def test_the_first_divergence_of_each_conversation_is_found() -> None:
    """Turns that are missing or on top count; unchecked and mended ones do not."""
    turns = [
        sample.verdict(1, "unchecked"), sample.verdict(2, "missing"), sample.verdict(3, "changed"),
        sample.verdict(1, "mended", session="b"), sample.verdict(2, "extra", session="b"),
    ]  # fmt: skip
    run = sample.one("x", turns).run
    assert run is not None
    assert [turn.number for turn in verdict.first_divergences(run)] == [2, 2]


def test_what_was_asked_for_goes_before_what_was_not() -> None:
    """A served miss outside turns is shown, and not hidden behind turns that are only missing."""
    turns = [
        sample.verdict(1, "missing"), sample.verdict(2, "missing"),
        sample.verdict(3, "changed", divergence=sample.DIVERGENCE),
        sample.verdict(0, "extra", divergence=sample.DIVERGENCE),
    ]  # fmt: skip
    run = sample.one("x", turns).run
    assert run is not None
    assert [turn.number for turn in verdict.first_divergences(run)] == [3, 0]
    without = msgspec.structs.replace(run, replayed=(turns[0], turns[3]))
    assert [turn.number for turn in verdict.first_divergences(without)] == [0, 1]


def test_a_divergence_is_made_of_differences_where_nobody_looked_closer() -> None:
    """The request's difference is the news; what the user then saw follows from it."""
    sent, seen = Difference(pointer="/model", left="a", right="b"), Difference(pointer="(reply)", left="x", right=None)
    turn = sample.verdict(1, "changed", differences=(seen, sent, sent), note="nearest is 1")
    found = verdict.divergence_of(turn)
    assert (found.first, found.more, found.why) == (sent, 1, "nearest is 1")
    assert verdict.follows(turn) == ("reply",)
    alone = sample.verdict(1, "changed", differences=(seen,))
    assert verdict.divergence_of(alone).first == seen
    assert verdict.follows(alone) == ()


def test_equal_divergences_have_equal_signatures() -> None:
    """Whatever conversation they are of; another value is another one."""
    one, other = sample.verdict(3, "changed", divergence=sample.DIVERGENCE), sample.changed(session="7")
    assert other.run is not None
    assert verdict.signature(one) == verdict.signature(other.run.replayed[2])
    first = msgspec.structs.replace(sample.CHANGE, right="another")
    found = msgspec.structs.replace(sample.DIVERGENCE, first=first)
    assert verdict.signature(one) != verdict.signature(sample.verdict(3, "changed", divergence=found))


def test_a_recording_without_times_has_no_length() -> None:
    """Nor has one whose times are absurd."""
    run = sample.exact().run
    assert run is not None
    assert verdict.recorded_seconds(run) == 3.0
    assert (
        verdict.recorded_seconds(
            msgspec.structs.replace(run, cassette=msgspec.structs.replace(run.cassette, exchanges=()))
        )
        is None
    )
    odd = msgspec.structs.replace(run.cassette.exchanges[0], started=float("inf"))
    assert (
        verdict.recorded_seconds(
            msgspec.structs.replace(run, cassette=msgspec.structs.replace(run.cassette, exchanges=(odd,)))
        )
        is None
    )


def test_what_was_sent_outside_turns_has_no_number() -> None:
    """Its verdict has the number 0."""
    assert verdict.title(sample.verdict(0)) == "outside turns"
    assert verdict.title(sample.verdict(2, session="b")) == "session b, turn 2"


def test_an_error_is_told_without_the_path_twice() -> None:
    """The path stands beside it."""
    assert verdict.unplayed_why(sample.broken()) == "is no cassette"
    assert verdict.plain_error(sample.broken()) == {
        "what": "cassettes/broken.cassette.jsonl is no cassette", "hint": "it begins otherwise", "code": 3,
    }  # fmt: skip
    assert verdict.plain_error(sample.exact()) is None


def test_what_is_said_of_the_whole_recording_is_no_turn() -> None:
    """A verdict without a number and without a message; what was sent outside turns is one."""
    assert verdict.of_no_turn(sample.verdict(0, "unchecked", said=""))
    assert not verdict.of_no_turn(sample.verdict(0, "unchecked", said="GET /props"))
    assert not verdict.of_no_turn(sample.verdict(1, "unchecked", said=""))
