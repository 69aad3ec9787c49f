"""Promises of `nexdiag.replay.matching.loose`: what fits, and which of several."""

import json

from nexdiag.codec.body import Splitter
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.replay.matching.canonical import Canonical
from nexdiag.replay.matching.loose import Fit, Loose
from nexdiag.replay.matching.rules import BUILT_IN

THEN, NOW = 1767225600.0, 1795397881.0
SPLITTER = Splitter()


def request(*said: str, path: str = "/v1", **fields: object) -> Request:
    """A chat: user and assistant in turn."""
    roles = ("user", "assistant")
    messages = [{"role": roles[at % 2], "content": text} for at, text in enumerate(said)]
    body = json.dumps({"messages": messages, **fields}).encode()
    return Request(method="POST", url=f"http://h{path}", body=SPLITTER.split(body))


class Recorded:
    """A recording, and what was used of it."""

    def __init__(self, *requests: Request, answers: str = "") -> None:
        """Each answered by a letter of `answers`, or by its number."""
        self.spent: set[int] = set()
        exchanges = [
            Exchange(id=at, started=THEN, request=asked, response=_answer(answers[at] if answers else str(at)))
            for at, asked in enumerate(requests)
        ]
        keys = [Canonical().read(asked).key for asked in requests]
        self.loose = Loose(exchanges, keys, BUILT_IN, self.spent)

    def rule(self, asked: Request, *, again: bool = False) -> Fit | None:
        """What fits by rule."""
        return self.loose.by_rule(self.loose.volatile.asked(asked, NOW), again=again)

    def beginning(self, asked: Request) -> tuple[int, ...]:
        """What fits by its beginning."""
        fit = self.loose.by_beginning(self.loose.volatile.asked(asked, NOW))
        return () if fit is None else fit.places

    def turn(self, asked: Request) -> tuple[int, ...]:
        """What comes next."""
        fit = self.loose.by_turn(self.loose.volatile.asked(asked, NOW))
        return () if fit is None else fit.places

    def nearest(self, asked: Request) -> tuple[int | None, int]:
        """What is nearest, and how many messages it shares."""
        return self.loose.nearest(self.loose.volatile.asked(asked, NOW))


def _answer(text: str) -> Response:
    return Response(status=200, chunks=(Chunk(at=0.1, bytes=text.encode()),))


def test_two_that_fit_equally_well_are_both_told() -> None:
    """Unless they answer the same: then the first of them answers."""
    dated = [request(f"Today is 2026-01-0{day}") for day in (1, 2)]
    asked = request("Today is 2026-11-23")
    assert Recorded(*dated).rule(asked) == Fit(places=(0, 1))
    assert Recorded(*dated, answers="xx").rule(asked) == Fit(places=(0,), aside=("date",))
    one = Recorded(*dated)
    one.spent.add(0)
    assert one.rule(asked) == Fit(places=(1,), aside=("date",))


def test_what_needs_fewer_rules_fits_better() -> None:
    """The same user on another day, rather than another user on another day."""
    both = Recorded(request("Today is 2026-01-01", user="a"), request("Today is 2026-01-01", user="b"))
    assert both.rule(request("Today is 2026-11-23", user="b")) == Fit(places=(1,), aside=("date",))
    crossed = Recorded(request("cwd: /a", user="a"), request("cwd: /b", user="b"))
    assert crossed.rule(request("cwd: /a", user="b")) == Fit(places=(0, 1))
    assert crossed.rule(request("cwd: /c", user="b")) == Fit(places=(1,), aside=("cwd",))


def test_many_that_differ_in_an_id_and_answer_the_same_cost_their_number() -> None:
    """Of n recordings, n requests by rule compare a few each, not n; and the same is chosen as by comparing all."""
    many = Recorded(*[request("a", user=str(at)) for at in range(200)], answers="x" * 200)
    compared: list[object] = []
    needed = many.loose.volatile.needed
    many.loose.volatile.needed = lambda *args: compared.append(args) or needed(*args)  # type: ignore[method-assign,func-returns-value]
    for at in range(200):
        assert many.rule(request("a", user=f"new {at}")) == Fit(places=(at,), aside=("id",))
        many.spent.add(at)
    assert len(compared) == 200
    one = Recorded(*[request("a", user=str(at)) for at in range(20)], answers="x" * 20)
    assert one.rule(request("a", user="7", metadata={"b": 1})) == Fit(places=(7,), aside=("id",))


def test_again_is_the_last_of_them() -> None:
    """Used up or not."""
    same = Recorded(request("a", user="x"), request("a", user="x"))
    same.spent |= {0, 1}
    assert same.rule(request("a", user="y")) is None
    assert same.rule(request("a", user="y"), again=True) == Fit(places=(1,), aside=("id",))


def test_the_longest_beginning_and_the_shortest_that_has_it() -> None:
    """The next of a chat, not its end; at the same address; with one message at least."""
    chat = Recorded(request("a"), request("a", "b", "c"), request("a", "b", "c", "d", "e"), request("a", path="/v2"))
    assert chat.beginning(request("a", "b", "x")) == (1,)
    chat.spent.add(1)
    assert chat.beginning(request("a", "b", "x")) == (2,)
    assert chat.beginning(request("x")) == ()
    assert chat.beginning(request("a", path="/v3")) == ()
    forked = Recorded(request("a", "b", "c"), request("a", "b", "d"))
    assert forked.beginning(request("a", "b", "x")) == (0, 1)


def test_the_next_turn_of_the_same_conversation() -> None:
    """By its first message; of an unknown one only where one conversation is left."""
    two = Recorded(request("a"), request("b"), request("a", "1", "2"), request("b", "1", "2"))
    assert two.turn(request("a", "other", "words")) == (0,)
    two.spent |= {0, 1, 3}
    assert two.turn(request("a")) == (2,)
    assert two.turn(request("new")) == (2,)
    assert two.turn(request("b")) == ()
    assert Recorded(request("a"), request("b")).turn(request("new")) == (0, 1)
    assert two.turn(request("a", path="/v2")) == ()


def test_the_nearest_is_found_by_rule_and_at_any_address() -> None:
    """Another date hides no turn; a wrong base URL still shows what it should have been."""
    chat = Recorded(request("Today is 2026-01-01"), request("Today is 2026-01-01", "b", "c"), request("z", path="/v2"))
    assert chat.nearest(request("Today is 2026-11-23", "b", "x")) == (1, 2)
    assert chat.nearest(request("Today is 2026-11-23", "b", "x", path="/wrong")) == (1, 2)
    assert chat.nearest(request("other", path="/v2")) == (2, 0)
    assert chat.nearest(request("other", path="/wrong")) == (0, 0)
    assert chat.loose.known(chat.loose.volatile.asked(request("Today is 2026-11-23"), NOW)) == 0
