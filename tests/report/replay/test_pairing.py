"""Who answered whom."""

from report.replay import sample

from nexdiag.core.replayed import Pair, Pairing
from nexdiag.report.replay.pairing import against, by_what, pairing_line, unproved


def line(held: int, proof: Pairing) -> str:
    """Of a recording that holds so many exchanges."""
    run = sample.one("x", [sample.verdict(number) for number in range(1, held + 1)], proof).run
    assert run is not None
    return pairing_line(run)


def test_the_proof_is_a_line() -> None:
    """As the issue has it."""
    assert line(12, sample.pairing(12)) == "12 requests, 12 recordings, 12 pairs, one to one"
    assert line(1, sample.pairing(1, misses=(1,))) == "1 request, 1 recording, 1 pair, not one to one"


def test_a_proof_of_a_part_says_of_how_much() -> None:
    """What had no part in the replay is not silently covered."""
    assert line(5, sample.pairing(2)) == "2 requests, 2 of 5 recordings, 2 pairs, one to one"


def test_what_follows_a_mended_turn_is_nothing_against_the_proof() -> None:
    """Nothing is wrong, so nothing reads as if it were."""
    run = sample.mended().run
    assert run is not None
    assert pairing_line(run) == "2 requests, 3 recordings, 1 pair, and what follows the mended turn is not checked"
    assert not list(against(run))


def test_what_is_against_it_is_named_and_the_many_are_counted() -> None:
    """Requests are counted from 1, exchanges have their ids."""
    run = sample.changed().run
    assert run is not None
    assert list(against(run)) == ["without a recording: request 3", "not asked for: exchanges 2, 3, 4"]
    many = sample.one("x", [], sample.pairing(0, unplayed=tuple(range(1000)))).run
    assert many is not None
    assert list(against(many)) == ["not asked for: exchanges 0, 1, 2, 3, 4, 5, 6, 7 and 992 more"]
    ambiguous = sample.ambiguous().run
    assert ambiguous is not None
    assert "fit equally well: exchanges 4, 7; none was taken" in list(against(ambiguous))


def test_pairs_by_rule_name_the_rules() -> None:
    """Looser ways, repeats, faults and answers that were made are told, too."""
    run = sample.resent().run
    assert run is not None
    assert run.pairing is not None
    assert list(by_what(run.pairing)) == [
        "1 pair by rule: dates ×1, ids ×1",
        "1 pair by --match prefix: the requests are not the same",
        "1 answer with a fault laid over: status 500",
        "1 request answered without a recording (a list of models)",
    ]
    assert list(by_what(sample.pairing(3))) == []


def test_many_rules_are_counted() -> None:
    """The most used are named; a hostile name is shown."""
    pairs = tuple(Pair(request=at, exchange=at, how="rule", aside=(f"r{at}\x1b",)) for at in range(20))
    (told,) = by_what(sample.pairing(20, pairs=pairs))
    assert "and 12 more rules" in told
    assert "\x1b" not in told


def test_a_run_without_a_proof_says_nothing() -> None:
    """A rerun proves all there is to prove."""
    run = sample.exact().run
    assert run is not None
    assert unproved(run) == ""
    assert not list(against(run))


def test_more_requests_than_recordings_are_not_called_one_to_one() -> None:
    """Why a recording answered more than once is told: a fault was laid over it, or repeats are allowed."""
    struck = Pair(request=0, exchange=0, fault="cut@1")
    pairs = (struck, Pair(request=1, exchange=0, how="again"), Pair(request=2, exchange=1))
    told = line(2, Pairing(requests=3, recordings=2, pairs=pairs))
    assert told == "3 requests, 2 recordings: each recording answered, 1 more request after a fault"
    again = Pair(request=3, exchange=1, how="again")
    told = line(2, Pairing(requests=4, recordings=2, pairs=(*pairs, again)))
    assert told.endswith("1 more request after a fault, 1 more request by --repeats")
