"""Promises of `nexdiag.replay.matching.matcher`."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_wire import exchanges

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.replay.matching.matcher import Matcher, Miss

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
    """The first that was not played; when all were, the first, told as played; none where nothing was recorded."""
    matcher = Matcher(recorded(request("a"), request("b")))
    take(matcher, request("a"))
    assert miss(matcher, request("z")) == (1, 0, False)
    assert miss(matcher, request()) == (1, 0, False)
    take(matcher, request("b"))
    assert miss(matcher, request("z")) == (0, 0, False)
    found = take(matcher, request("z"))
    assert isinstance(found, Miss)
    assert found.played
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


THEN, NOW = 1767225600.0, 1795397881.0
"""2026-01-01 and 2026-11-23."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A request, told plainly."""

    day: str
    user: str
    words: tuple[str, ...]
    path: str = "/v1"

    def request(self) -> Request:
        """As it is on the wire."""
        spoken = [{"role": ("user", "assistant")[at % 2], "content": word} for at, word in enumerate(self.words)]
        messages = [{"role": "system", "content": f"Today is {self.day}."}, *spoken]
        raw = json.dumps({"messages": messages, "user": self.user}).encode()
        return Request(method="POST", url=f"http://h{self.path}", body=SPLITTER.split(raw))


FAR = "1969-07-20"
words_said = st.lists(st.sampled_from("ab"), max_size=4).map(tuple)
then_said = st.builds(
    Said,
    day=st.sampled_from(["2026-01-01", "2026-01-02", FAR]),
    user=st.sampled_from("xy"),
    words=words_said,
    path=st.sampled_from(["/v1", "/v1", "/v2"]),
)
now_said = st.builds(
    Said,
    day=st.sampled_from(["2026-11-23", "2026-11-22", "2026-01-01", FAR]),
    user=st.sampled_from("xyz"),
    words=words_said,
    path=st.sampled_from(["/v1", "/v1", "/v2"]),
)


class Plain:
    """The same matching, by looking at every recording each time."""

    def __init__(self, recorded: list[Said], answers: list[str], mode: str, *, repeats: bool) -> None:
        self.recorded = recorded
        self.answers = answers
        self.mode = mode
        self.repeats = repeats
        self.spent: set[int] = set()

    def find(self, asked: Said) -> tuple[str, tuple[int, ...]]:
        """How it is answered and by which; by several if it is ambiguous, by none if it is not."""
        every = range(len(self.recorded))
        left = [place for place in every if place not in self.spent]
        same = [place for place in every if self.recorded[place] == asked]
        if waiting := [place for place in same if place in left]:
            return "same", (waiting[0],)
        found = self.by_rule(asked, left)
        if len(found) == 1 or (found and self.mode != "turn"):
            return "rule", found
        if self.repeats and not found:
            if same:
                return "same", (same[-1],)
            if again := self.by_rule(asked, [*every], last=True):
                return "rule", again
        if self.mode == "prefix":
            return "prefix", self.by_beginning(asked, left)
        return "turn", self.by_turn(asked, left) if self.mode == "turn" else ()

    def by_rule(self, asked: Said, places: list[int], *, last: bool = False) -> tuple[int, ...]:
        """One of each recorded request that differs in nothing but the volatile."""
        kinds: dict[Said, int] = {}
        for place in places if last else reversed(places):
            kinds[self.recorded[place]] = place
        fits = {place: self.needed(asked, one) for one, place in kinds.items()}
        fitting = {place: rules for place, rules in fits.items() if rules is not None}
        least = [place for place, rules in fitting.items() if all(rules <= other for other in fitting.values())]
        return self.one_of(least or [*fitting])

    def needed(self, asked: Said, one: Said) -> set[str] | None:
        """The rules by which they are the same; None if they are not."""
        if (asked.words, asked.path) != (one.words, one.path):
            return None
        if asked.day != one.day and (one.day == FAR or asked.day not in ("2026-11-23", "2026-11-22")):
            return None
        return {rule for rule, differs in (("id", asked.user != one.user), ("date", asked.day != one.day)) if differs}

    def by_beginning(self, asked: Said, left: list[int]) -> tuple[int, ...]:
        """The longest beginning, then the shortest of those."""
        known = {one.day for one in self.recorded} - {FAR}
        day = "now" if asked.day in known | {"2026-11-23", "2026-11-22"} else asked.day
        mine = (day, *asked.words)

        def shared(place: int) -> int:
            one = self.recorded[place]
            theirs = (one.day if one.day == FAR else "now", *one.words)
            return next((at for at in range(5) if mine[at : at + 1] != theirs[at : at + 1] or not mine[at:]), 5)

        there = [place for place in left if self.recorded[place].path == asked.path and shared(place)]
        longest = max(map(shared, there), default=0)
        there = [place for place in there if shared(place) == longest]
        fewest = min((len(self.recorded[place].words) for place in there), default=0)
        kinds = {self.recorded[place]: place for place in reversed(there) if len(self.recorded[place].words) == fewest}
        return self.one_of(list(kinds.values()))

    def by_turn(self, asked: Said, left: list[int]) -> tuple[int, ...]:
        """The next of the same conversation."""
        there = [place for place, one in enumerate(self.recorded) if one.path == asked.path]
        mine = [place for place in there if self.recorded[place].words[:1] == asked.words[:1]]
        if mine:
            return tuple([place for place in mine if place in left][:1])
        heads = {self.recorded[place].words[:1]: place for place in reversed(there) if place in left}
        return self.one_of(list(heads.values()))

    def one_of(self, places: list[int]) -> tuple[int, ...]:
        """The first, if all answer the same; else one of each answer."""
        first = {self.answers[place]: place for place in sorted(places, reverse=True)}
        return tuple(sorted(first.values()))


@given(
    st.lists(st.tuples(then_said, st.sampled_from("pq")), max_size=8),
    st.lists(st.tuples(now_said, st.booleans()) | st.tuples(st.integers(0, 7), st.booleans()), max_size=14),
    st.sampled_from(["exact", "prefix", "turn"]),
    st.booleans(),
)
def test_it_answers_as_looking_at_every_recording_would(
    recorded: list[tuple[Said, str]], asked: list[tuple[Said | int, bool]], mode: str, repeats: bool
) -> None:
    """Same, by rule, by beginning, by turn, again, or ambiguous; and nothing that was used is used once more."""
    said, answers = [one for one, _ in recorded], [answer for _, answer in recorded]
    plain = Plain(said, answers, mode, repeats=repeats)
    matcher = Matcher(
        [
            Exchange(
                id=at, started=THEN, request=one.request(), response=Response(status=200, chunks=(_piece(answer),))
            )
            for at, (one, answer) in enumerate(recorded)
        ],
        mode=mode,
        repeats=repeats,
    )
    used: set[int] = set()
    for one, keep in asked:
        if isinstance(one, int):
            if one >= len(said):
                continue
            one = said[one]  # noqa: PLW2901 - a recorded request, asked for as it was
        how, places = plain.find(one)
        found = matcher.find(one.request(), now=NOW)
        if isinstance(found, Miss):
            assert (len(places) != 1) == (tuple(exchange.id for exchange in found.ambiguous) == places)
            assert len(places) != 1
            continue
        assert (found.how, (found.exchange.id,)) == (how, places)
        assert (found.how == "rule") == bool(found.aside)
        assert matcher.spend(found, keep=keep) == (found.exchange.id in used)
        assert repeats or found.exchange.id not in plain.spent
        used.add(found.exchange.id)
        if not keep:
            plain.spent.add(found.exchange.id)
    assert {exchange.id for exchange in matcher.unplayed()} == set(range(len(said))) - used


def _piece(answer: str) -> Chunk:
    return Chunk(at=0.0, bytes=answer.encode())


def test_a_repeat_waits_for_what_is_left() -> None:
    """Whose recording was played is answered by it again only where nothing that is left fits, not even by rule."""
    said = [Said(day="2026-01-01", user=user, words=("a",)).request() for user in "xyz"]
    answered = [
        Exchange(id=at, started=THEN, request=asked, response=Response(status=200, chunks=(_piece(str(at)),)))
        for at, asked in enumerate(said)
    ]

    def ids(mode: str) -> list[object]:
        matcher, found = Matcher(answered, mode=mode, repeats=True), []
        for asked in (said[0], said[0], said[1], said[2], said[0]):
            one = matcher.find(asked, now=THEN)
            found.append("ambiguous" if isinstance(one, Miss) and one.ambiguous else one.exchange.id)  # type: ignore[union-attr]
            if not isinstance(one, Miss):
                matcher.spend(one)
        return found

    assert ids("exact") == [0, "ambiguous", 1, 2, 0]
    assert ids("turn") == [0, 1, 2, 2, 0]


def test_an_unknown_mode_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(UsageError, match="loose") as refused:
        Matcher([], mode="loose")
    assert "exact, prefix, turn" in refused.value.hint


def test_nothing_is_read_by_rules_before_it_is_needed() -> None:
    """A replay of the very same requests costs the reading of them alone; then it is done once."""
    matcher = Matcher(recorded(request("a"), request("b")))
    take(matcher, request("a"))
    assert matcher._read_loosely is None
    take(matcher, request("x"))
    once = matcher._read_loosely
    take(matcher, request("y"))
    assert once is matcher._read_loosely is not None


def test_the_real_codex_in_another_directory_on_another_day() -> None:
    """Its session ids, its items' ids, its date and its directory: set aside by name; another question is not found."""
    first, second = (
        _codex(*said) for said in (("8e13", "/home/jo/shop", "2026-01-01"), ("d84d", "/srv/ci", "2026-11-23"))
    )
    matcher = Matcher([Exchange(id=0, started=THEN, request=first)])
    found = matcher.find(second, now=NOW)
    assert not isinstance(found, Miss)
    assert (found.how, found.aside) == ("rule", ("id", "date", "cwd"))
    other = matcher.find(_codex("d84d", "/srv/ci", "2026-11-23", "say goodbye"), now=NOW)
    assert isinstance(other, Miss)
    assert other.shared == 2
    left, right = matcher.views(matcher.exchange(0), other.request, now=NOW)
    differing = [at for at in (0, 1, 2) if left["input"][at] != right["input"][at]]  # type: ignore[index]
    assert differing == [2]


def _codex(session: str, cwd: str, day: str, said: str = "say hello") -> Request:
    """What codex 0.169 sends, shortened."""
    uuid = f"01a2060d-{session}-77a0-9358-bb2b17f2e346"
    context = (
        f"<environment_context>\n  <cwd>{cwd}</cwd>\n  <shell>bash</shell>\n  <current_date>{day}</current_date>\n"
        f"  <filesystem><workspace_roots><root>{cwd}</root></workspace_roots></filesystem>\n</environment_context>"
    )
    texts = [("developer", "You are a coding agent."), ("user", context), ("user", said)]
    items = [
        {
            "type": "message",
            "id": f"msg_{uuid[:-1]}{at}",
            "role": role,
            "content": [{"type": "input_text", "text": text}],
        }
        for at, (role, text) in enumerate(texts)
    ]
    turn = json.dumps({"session_id": uuid, "turn_started_at_unix_ms": 1795397881401})
    body = {
        "model": "tiny",
        "stream": True,
        "input": items,
        "prompt_cache_key": uuid,
        "client_metadata": {"x-codex-turn-metadata": turn, "session_id": uuid},
    }
    return Request(method="POST", url="http://h/v1/responses", body=SPLITTER.split(json.dumps(body).encode()))
