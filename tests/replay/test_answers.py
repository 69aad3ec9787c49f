"""Promises of `nexdiag.replay.answers`."""

import gzip

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from strategies_wire import exchanges

from nexdiag.capture.redaction.redact import Redactor
from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.replay.answers import Answers, Lay
from nexdiag.replay.matching.matcher import Matcher, Miss
from nexdiag.replay.playback import Laid, Playback, playback

ASKED = Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(b'{"messages": []}'))
OTHER = Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(b'{"messages": [1]}'))
SECRET = "sUp3rs3cr3tV4lue99x"
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


@given(exchanges(), st.data(), st.sampled_from(["exact", "prefix", "turn"]), st.booleans())
def test_a_request_whose_bytes_were_recorded_is_answered_as_any_other(
    found: tuple[Exchange, ...], data: st.DataObject, mode: str, repeats: bool
) -> None:
    """Found by its bytes or by what it means: the same answers, the same pairing, and the same is kept."""
    places = data.draw(st.lists(st.integers(0, len(found) - 1), max_size=8)) if found else []
    struck = data.draw(st.lists(st.booleans(), min_size=8, max_size=8))
    by_bytes, by_meaning = (Answers(Matcher(found, mode=mode, repeats=repeats), lay=_lays(struck)) for _ in range(2))
    for place in places:
        request = found[place].request
        raw = msgspec.structs.replace(request, body=Body.of(request.body.join()), headers=())
        first = by_bytes.take(raw)
        second = by_meaning.take(msgspec.structs.replace(raw, body=Splitter().split(request.body.join())))
        assert type(first) is type(second)
        assert isinstance(first, Miss) or first == second
    assert by_bytes.pairing() == by_meaning.pairing()
    assert [one.body.join() for one in by_bytes.requests] == [one.body.join() for one in by_meaning.requests]


def test_a_request_that_was_found_by_its_bytes_is_kept_without_its_secrets() -> None:
    """Its header is cleaned when somebody looks, and what it carries is known in the request behind it."""
    answers = Answers(Matcher([FOUND]), clean=Redactor().request)
    answers.take(msgspec.structs.replace(ASKED, headers=(("authorization", f"Bearer {SECRET}"),)))
    missed = answers.take(msgspec.structs.replace(OTHER, body=Body.of(b'{"messages": ["%s"]}' % SECRET.encode())))
    assert isinstance(missed, Miss)
    assert SECRET not in repr([one.body.join() for one in (missed.request, *answers.requests)])
    assert SECRET not in repr(answers.requests)
    assert answers.pairing().requests == len(answers.requests) == 2


def test_a_body_that_is_encoded_is_never_found_by_its_bytes() -> None:
    """Bytes that were recorded plain mean something else where a header says that they are encoded."""
    squeezed = Body.of(gzip.compress(b'{"messages": []}'))
    answers = Answers(Matcher([FOUND, msgspec.structs.replace(FOUND, id=8, request=_with(ASKED, squeezed))]))
    asked = msgspec.structs.replace(_with(ASKED, squeezed), headers=(("content-encoding", "gzip"),))
    found = answers.take(asked)
    assert isinstance(found, Playback)
    assert found.exchange.id == 7


def _lays(struck: list[bool]) -> Lay:
    """A fault that spends nothing over some of the answers."""
    left = iter(struck)
    return lambda exchange: Laid(playback=playback(exchange), fault="some") if next(left) else None


def _with(request: Request, body: Body) -> Request:
    return msgspec.structs.replace(request, body=body)


def test_a_recorded_answer_that_is_made_again_is_named_and_one_of_no_recording_is_counted() -> None:
    """A list of models: who reads the pairing must not take the one for the other."""
    again = Answers(Matcher([FOUND]), make=lambda request: playback(FOUND))
    again.take(OTHER)
    assert [(pair.exchange, pair.how) for pair in again.pairing().pairs] == [(7, "again")]
    made = Answers(Matcher([FOUND]), make=lambda request: playback(Exchange(id=-1, started=0.0, request=OTHER)))
    made.take(OTHER)
    assert (made.pairing().pairs, made.pairing().made) == ((), 1)
