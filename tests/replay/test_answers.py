"""Promises of `nexdiag.replay.answers`."""

from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.matcher import Matcher, Miss
from nexdiag.replay.playback import Laid, Playback, playback

ASKED = Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(b'{"messages": []}'))
OTHER = Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(b'{"messages": [1]}'))
FOUND = Exchange(id=7, started=0.0, request=ASKED, response=Response(status=200))


def test_who_answered_whom_is_told() -> None:
    """Each request has its place, each pair its exchange; what missed and what was left over is named."""
    answers = Answers(Matcher([FOUND, Exchange(id=8, started=0.0, request=OTHER)]))
    assert isinstance(answers.take(ASKED), Playback)
    assert isinstance(answers.take(ASKED, turn=2), Miss)
    told = answers.pairing()
    assert [(pair.request, pair.exchange, pair.how) for pair in told.pairs] == [(0, 7, "same")]
    assert (told.requests, told.recordings, told.misses, told.unplayed) == (2, 2, (1,), (8,))
    assert [turn for _, turn, _ in answers.misses] == [2]


def test_a_fault_that_spends_nothing_leaves_the_recording_for_the_retry() -> None:
    """Who asks again gets what was recorded; the exchange counts as played once, the pair as another time."""
    struck: list[Exchange] = []

    def lay(exchange: Exchange) -> Laid | None:
        struck.append(exchange)
        broken = Playback(exchange=exchange, status=429)
        return Laid(playback=broken, fault="status 429") if len(struck) == 1 else None

    answers = Answers(Matcher([FOUND]), lay=lay)
    first, second = answers.take(ASKED), answers.take(ASKED)
    assert isinstance(first, Playback)
    assert first.status == 429
    assert second == playback(FOUND)
    assert [(pair.how, pair.fault) for pair in answers.pairing().pairs] == [("same", "status 429"), ("again", "")]
    assert answers.pairing().one_to_one
    assert isinstance(answers.take(ASKED), Miss)
