"""Several recordings as one: numbered through, and led back to their own numbers."""

import json
from pathlib import Path

import msgspec
import pytest
from for_serving import cassette, exchange

from nexdiag.core.exchange import Exchange
from nexdiag.core.replayed import Pair, Pairing
from nexdiag.core.run import Replayed
from nexdiag.replay.matching.matcher import Miss
from nexdiag.report.replay import json as report
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.heard import heard
from nexdiag.runner.replaying.served.together import Recording, Together, upstream_of


def together(*exchanges: tuple[Exchange, ...], **header: object) -> Together:
    return Together(
        [Recording(path=Path(f"{place}.c"), cassette=cassette(*one, **header)) for place, one in enumerate(exchanges)]
    )


def test_one_recording_alone_stays_as_it_is() -> None:
    """Its ids, its sessions and its requests are the very objects of the file."""
    one = (exchange(3, "a"), exchange(7, "b", session="2"))
    served = together(one)
    assert served.exchanges == one
    assert served.home(7)[1] is one[1]


def test_each_exchange_of_several_has_a_number_of_its_own_and_is_led_back() -> None:
    """Turn 1 of one file is not turn 1 of another: their sessions are kept apart meanwhile."""
    first, second = (exchange(0, "a"), exchange(4, "b")), (exchange(0, "c"),)
    served = together(first, second)
    assert [one.id for one in served.exchanges] == [0, 1, 2]
    assert len({(one.session, one.turn) for one in served.exchanges}) == 2
    assert [served.home(number)[1] for number in range(3)] == [*first, *second]
    assert served.home(2)[0].path == Path("1.c")
    miss = Miss(request=first[0].request, nearest=served.exchanges[2], shared=0, ambiguous=served.exchanges[1:])
    back = served.back(miss)
    assert (back.nearest, back.ambiguous) == (second[0], (first[1], second[0]))


def test_what_came_is_shared_out_in_the_numbers_of_each() -> None:
    """Pairs, misses and what was left; what is near to none goes to the first, so that nothing is lost."""
    first, second = (exchange(5, "a"),), (exchange(5, "c"), exchange(6, "d"))
    served = together(first, second)
    near = Miss(request=first[0].request, nearest=served.exchanges[2], shared=1)
    lost = Miss(request=first[0].request, nearest=None, shared=0)
    whole = Pairing(
        requests=5,
        recordings=3,
        pairs=(Pair(request=0, exchange=0), Pair(request=1, exchange=1)),
        misses=(2, 3),
        unplayed=(2,),
        made=1,
    )
    one, other = served.shares(whole, ((2, near), (3, lost)))
    assert one.pairing == Pairing(requests=3, recordings=1, pairs=(Pair(request=0, exchange=5),), misses=(1,), made=1)
    assert other.pairing == Pairing(
        requests=2, recordings=2, pairs=(Pair(request=0, exchange=5),), misses=(1,), unplayed=(6,)
    )
    assert [(at, miss.nearest) for at, miss in other.misses] == [(1, second[1])]
    assert one.pairing.requests + other.pairing.requests == whole.requests


def test_the_requests_of_each_recording_are_numbered_from_0() -> None:
    """As they came, what was made among them: who answered whom is told by these numbers."""
    served = together((exchange(5, "a"),), (exchange(5, "c"), exchange(6, "d")))
    pairs = (Pair(request=1, exchange=1), Pair(request=2, exchange=0), Pair(request=3, exchange=2))
    whole = Pairing(requests=4, recordings=3, pairs=pairs, made=1)
    one, other = (
        json.loads(report.whole([Replayed(path="x", run=heard(share, How()))]))["recordings"][0]["pairing"]
        for share in served.shares(whole, ())
    )
    assert (one["answered_by"], other["answered_by"]) == ([None, 5], [5, 6])


def test_times_loose_requests_and_what_was_broken_off_are_told_in_the_numbers_of_each() -> None:
    served = together((exchange(5, "a"),), (exchange(5, "c"), exchange(6, "d")))
    pairs = (Pair(request=0, exchange=0), Pair(request=1, exchange=2, how="turn"))
    asked = exchange(9, "D").request
    whole = Pairing(requests=2, recordings=3, pairs=pairs, unplayed=(1,))
    one, other = served.shares(whole, (), asked={1: asked}, spans={0: (0.0, 1.0), 2: (1.0, 3.0)}, cut=[2])
    assert (one.asked, one.spans, one.cut) == ({}, {5: (0.0, 1.0)}, frozenset())
    assert (other.asked, other.spans, other.cut) == ({0: asked}, {6: (1.0, 3.0)}, frozenset({6}))


def test_each_recording_stands_apart_in_the_numbers_of_all() -> None:
    """Its own scenario counts for its own exchanges."""
    served = together((exchange(5, "a"),), (exchange(5, "c"), exchange(6, "d")))
    (_, first), (header, second) = served.apart()
    assert ([one.id for one in first], [one.id for one in second]) == ([0], [1, 2])
    assert header is served.recordings[1].cassette.header


@pytest.mark.parametrize(
    ("origin", "recorded", "asked", "meant"),
    [
        ("http://h:1/v1", "/v1/chat/completions", "/v1/chat/completions", "/v1/chat/completions"),
        ("https://h/api/v1", "/api/v1/chat/completions", "/v1/chat/completions", "/api/v1/chat/completions"),
        ("https://h/api/paas/v4", "/api/paas/v4/chat", "/v1/chat?a=b", "/api/paas/v4/chat?a=b"),
        ("https://h/api/v1", "/api/v1/chat/completions", "/api/v1/chat/completions", "/api/v1/chat/completions"),
        ("http://h:1/v1", "/chat/completions", "/v1/chat/completions", "/v1/chat/completions"),
        ("no URL", "/v1/chat", "/v1/models", "/v1/models"),
    ],
)
def test_our_v1_stands_for_the_version_segment_of_the_server(
    origin: str, recorded: str, asked: str, meant: str
) -> None:
    """As the proxy has it: a client that was recorded through it finds its recording. A mistake stays one."""
    assert together((exchange(0, "a", path=recorded),), origin=origin).target(asked) == meant


def test_requests_are_cleaned_with_what_any_of_them_takes_for_secret() -> None:
    """A request is cleaned before it is known whose it is: so is each recorded one, else it were never found."""
    plain = Recording(path=Path("p"), cassette=cassette(exchange(0, "I am cust-123")))
    strict = Recording(path=Path("s"), cassette=cassette(exchange(0, "b"), redactions=("cust-[0-9]+",)))
    served = Together([plain, strict])
    assert served.header.redactions == ("cust-[0-9]+",)
    assert b"cust-123" not in served.exchanges[0].request.body.join()
    assert b"cust-123" in served.home(0)[1].request.body.join()


def test_a_recording_that_tells_no_server_has_none() -> None:
    header = cassette(exchange(0, "a")).header
    assert upstream_of(header) is not None
    assert upstream_of(msgspec.structs.replace(header, origin="\x1b nothing")) is None
