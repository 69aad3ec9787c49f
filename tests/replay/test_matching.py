"""Promises of `nexdiag.replay.matching`."""

import json

from hypothesis import given
from hypothesis import strategies as st
from strategies_wire import exchanges

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request
from nexdiag.replay.matching import Matcher, Miss

SPLITTER = Splitter()


def request(*messages: str, model: str = "m") -> Request:
    """A chat request with these messages."""
    said = [{"role": "user", "content": text} for text in messages]
    raw = json.dumps({"model": model, "messages": said}).encode()
    return Request(method="POST", url="http://h/v1", body=SPLITTER.split(raw))


def recorded(*requests: Request) -> list[Exchange]:
    """Their recording."""
    return [Exchange(id=number, started=0, request=asked) for number, asked in enumerate(requests)]


def take(matcher: Matcher, asked: Request) -> Exchange | Miss:
    """What answers the request, which is then spent."""
    found = matcher.find(asked)
    if isinstance(found, Miss):
        return found
    matcher.spend(found)
    return found.exchange


def miss(matcher: Matcher, asked: Request) -> tuple[int | None, int, bool]:
    """What a miss tells: the nearest exchange, how many messages are shared, whether it was played."""
    found = take(matcher, asked)
    assert isinstance(found, Miss)
    assert found.request is asked
    return None if found.nearest is None else found.nearest.id, found.shared, found.used


@given(exchanges(), st.randoms(use_true_random=False))
def test_every_exchange_is_found_once(found: tuple[Exchange, ...], chance: object) -> None:
    """Ask for every request of a recording, in any order: each exchange answers once, then it is a miss."""
    assert hasattr(chance, "sample")
    matcher = Matcher(found)
    taken = []
    for exchange in chance.sample(found, len(found)):
        answer = take(matcher, exchange.request)
        assert isinstance(answer, Exchange)
        assert answer.request.body.join() == exchange.request.body.join() or answer.id != exchange.id
        taken.append(answer.id)
    assert sorted(taken) == [exchange.id for exchange in found]
    assert matcher.unplayed() == ()
    for exchange in found:
        again = take(matcher, exchange.request)
        assert isinstance(again, Miss)
        assert again.used


def test_equal_requests_are_answered_in_the_order_recorded() -> None:
    """A retry gets what the retry got, whatever order the exchanges were handed in."""
    matcher = Matcher(reversed(recorded(*[request("a")] * 3)))
    assert [take(matcher, request("a")).id for _ in range(3)] == [0, 1, 2]  # type: ignore[union-attr]


def test_unplayed_are_told_in_order() -> None:
    """What no request has asked for, as recorded."""
    matcher = Matcher(recorded(request("a"), request("b"), request("c")))
    take(matcher, request("b"))
    assert [exchange.id for exchange in matcher.unplayed()] == [0, 2]


def test_a_miss_names_what_shares_the_longest_beginning() -> None:
    """And of those, the first that was not played: the one that was probably meant."""
    matcher = Matcher(recorded(request("a"), request("a", "b"), request("a", "b", "c"), request("x", "y")))
    assert miss(matcher, request("a", "b", "other")) == (1, 2, False)
    take(matcher, request("a", "b"))
    assert miss(matcher, request("a", "b", "other")) == (2, 2, False)
    take(matcher, request("a", "b", "c"))
    assert miss(matcher, request("a", "b", "other")) == (1, 2, False)
    assert miss(matcher, request("a", "b", "c", model="other")) == (2, 3, False)
    assert miss(matcher, request("x")) == (3, 1, False)


def test_a_miss_that_shares_nothing_names_the_next() -> None:
    """The first that was not played; none when all were."""
    matcher = Matcher(recorded(request("a"), request("b")))
    take(matcher, request("a"))
    assert miss(matcher, request("z")) == (1, 0, False)
    assert miss(matcher, request()) == (1, 0, False)
    take(matcher, request("b"))
    assert miss(matcher, request("z")) == (None, 0, False)
    assert miss(Matcher([]), request("z")) == (None, 0, False)


def test_a_request_on_top_is_told_as_played() -> None:
    """One more than was recorded is another fault than one that was never recorded."""
    matcher = Matcher(recorded(request("a", "b")))
    take(matcher, request("a", "b"))
    assert miss(matcher, request("a", "b")) == (0, 2, True)


def test_a_pretty_printed_request_is_compared_as_well() -> None:
    """A body that was kept whole shares messages all the same."""
    matcher = Matcher(recorded(request("a", "b")))
    raw = json.dumps(json.loads(request("a", "c").body.join()), indent=2).encode()
    assert miss(matcher, Request(method="POST", url="http://h/v1", body=Body.of(raw))) == (0, 1, False)


def test_lookups_cost_what_their_new_text_costs() -> None:
    """In a chat of 1000 turns, a miss at the end reads two new messages, not two thousand."""
    splitter = Splitter()
    entries = [b'{"role":"user","content":"%d"}' % number for number in range(1000)]
    bodies = [splitter.split(b'{"messages":[%s]}' % b",".join(entries[: size + 1])) for size in range(1000)]
    found = recorded(*(Request(method="POST", url="http://h/v1", body=body) for body in bodies))
    matcher = Matcher(found)
    visited: list[object] = []
    longer = matcher._canonical._longer
    matcher._canonical._longer = lambda *args: visited.append(args) or longer(*args)  # type: ignore[method-assign,func-returns-value]
    asked = splitter.split(b'{"messages":[%s]}' % b",".join([*entries[:998], b'{"new":1}', b'{"new":2}']))
    assert miss(matcher, Request(method="POST", url="http://h/v1", body=asked)) == (997, 998, False)
    assert len(visited) == 2
