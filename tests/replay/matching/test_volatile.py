"""Promises of `nexdiag.replay.matching.volatile`."""

import json

import pytest
from hypothesis import given
from strategies_wire import bodies_raw

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request
from nexdiag.replay.matching.rules import parse
from nexdiag.replay.matching.volatile import Volatile

THEN, NOW = 1767225600.0, 1795397881.0  # 2026-01-01 and 2026-11-23


def request(body: object, path: str = "/v1") -> Request:
    """A request with this body."""
    return Request(method="POST", url=f"http://h{path}", body=Splitter().split(json.dumps(body).encode()))


def needed(recorded: object, asked: object, *rules: str) -> tuple[str, ...] | None:
    """The rules by which the two are the same; None if they are not."""
    exchange = Exchange(id=0, started=THEN, request=request(recorded))
    volatile = Volatile(parse(rules), [exchange])
    left = volatile.recorded(exchange)
    right = volatile.asked(request(asked), NOW)
    rows = volatile.needed(right, left) if left.key == right.key else None
    return None if rows is None else volatile.names(rows)


def chat(*texts: str, **fields: object) -> dict[str, object]:
    """A chat with these texts."""
    return {"messages": [{"role": "user", "content": text} for text in texts], **fields}


def _call(place: str) -> dict[str, object]:
    """A chat in which a tool was called there."""
    said = {"id": "call_1", "type": "function", "function": {"name": "sh", "arguments": json.dumps({"cwd": place})}}
    first = {"role": "user", "content": "Hi"}
    return {
        "messages": [first, {"role": "assistant", "tool_calls": [said]}, {"role": "tool", "content": f"in {place}"}]
    }


@pytest.mark.parametrize(
    ("recorded", "asked", "by"),
    [
        (chat("Today is 2026-01-01 (Thursday)."), chat("Today is 2026-11-23 (Monday)."), ("date",)),
        (chat("Hi", user="a"), chat("Hi", user="b"), ("id",)),
        (chat("Hi"), chat("Hi", metadata={"user_id": "x"}, prompt_cache_key="y"), ("id",)),
        (chat("cwd: /a", "see /a/x"), chat("cwd: /b/c", "see /b/c/x"), ("cwd",)),
        (chat("[redacted 01234567]"), chat("[redacted 89abcdef]"), ("secret",)),
        (chat("cwd: /a on 2026-01-01"), chat("cwd: /b on 2026-11-23"), ("date", "cwd")),
        (chat("Today is 2026-01-01. And 2026-01-02?"), chat("Today is 2026-11-24. And 2026-11-25?"), ("date",)),
        ({"system": "cwd: /a", **chat("in /a")}, {"system": "cwd: /b", **chat("in /b")}, ("cwd",)),
        ({"input": "Today is 2026-01-01"}, {"input": "Today is 2026-11-23"}, ("date",)),
    ],
)
def test_what_is_volatile_is_set_aside_by_name(recorded: object, asked: object, by: tuple[str, ...]) -> None:
    """Only the rules that were needed are told; switched off, the two are not the same."""
    assert needed(recorded, asked) == by
    for name in by:
        assert needed(recorded, asked, f"-{name}") is None


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        (chat("What happened on 1969-07-20?"), chat("What happened on 1969-07-21?")),
        (chat("What happened on 2026-01-01?"), chat("What happened on 2026-01-05?")),
        (chat("What happened on 2026-01-01?", "2025-12-31"), chat("What happened on 2025-12-31?", "2025-12-31")),
        (chat("in /a"), chat("in /b")),
        (chat("Today is 2026-01-01. And 2026-01-02?"), chat("Today is 2026-11-23. And 2026-11-22?")),
        (chat("What is on 2026-01-02?"), chat("What is on 2026-11-22?")),
        (chat("Book 2026-01-01 to 2026-01-02"), chat("Book 2026-11-24 to 2026-11-23")),
        (chat("Remind me at 2026-01-01 09:00"), chat("Remind me at 2026-11-23 17:00")),
        (chat("Cancel order 20260101"), chat("Cancel order 20261123")),
        (chat(f"Cancel order {int(THEN)}"), chat(f"Cancel order {int(NOW)}")),
        (chat("a", seed=int(THEN)), chat("a", seed=int(NOW))),
        (chat("cwd: /a\ncwd: /b", "copy /a to /b"), chat("cwd: /a\ncwd: /b", "copy /b to /a")),
        (chat("Hi", "cwd: /a"), chat("Hi", "cwd: /b")),
        (chat("my working directory is /a"), chat("my working directory is /b")),
        ({"metadata": {}, **_call("/home/a")}, {"metadata": {}, **_call("/etc/b")}),
        (chat("Hi", previous_response_id="resp_1"), chat("Hi", previous_response_id="resp_2")),
        (chat("Hi", model="a"), chat("Hi", model="b")),
        (chat("sk-plain"), chat("[redacted 89abcdef]")),
        ({"input": [{"type": "item_reference", "id": "a"}]}, {"input": [{"type": "item_reference", "id": "b"}]}),
    ],
)
def test_what_means_something_counts(recorded: object, asked: object) -> None:
    """A date far from now, a day of the recording for another; a path that nobody named; another answer's id."""
    assert needed(recorded, asked) is None


def test_what_is_quoted_from_the_recording_stays_the_same() -> None:
    """A test that asks about a fixed day and place, an assistant that was recorded: found months later elsewhere."""
    recorded = chat("cwd: /a", "Today is 2026-01-01", "I wrote /a/x on 2026-01-01")
    asked = chat("cwd: /b", "Today is 2026-11-23", "I wrote /a/x on 2026-01-01")
    assert needed(recorded, asked) == ("date", "cwd")


def test_rules_of_the_user() -> None:
    """Absent equals present for a whole value; an expression sets aside what fits."""
    assert needed(chat("Hi"), chat("Hi", run=7), "/run") == ("/run",)
    assert needed(chat("took 3 ms"), chat("took 44 ms"), "/**/content=[0-9]+ ms") == ("/**/content=[0-9]+ ms",)
    assert needed(chat("took 3 ms"), chat("took 44 s"), "/**/content=[0-9]+ ms") is None
    assert needed(chat("a", "b"), chat("x"), "/messages") == ("/messages",)


def test_a_number_that_is_now() -> None:
    """A unix time; and one that is quoted from the recording."""
    assert needed(chat("a", at=int(THEN)), chat("a", at=int(NOW) + 5)) == ("date",)
    assert needed(chat("cwd: /a", at=int(THEN)), chat("cwd: /b", at=int(THEN))) == ("cwd",)
    assert needed(chat("a", at=5), chat("a", at=6)) is None


def test_views_differ_in_what_counts_alone() -> None:
    """Also where nothing else of the recording was read before."""
    recorded = Exchange(id=0, started=THEN, request=request(chat("cwd: /a on 2026-01-01", "/a/x", "2026-01-01", "b")))
    volatile = Volatile(parse(()), [recorded])
    left, right = volatile.views(recorded, request(chat("cwd: /b on 2026-11-23", "/a/x", "2026-01-01", "c")), NOW)
    assert left == chat("cwd: ⟦cwd 1⟧ on ⟦date⟧", "⟦cwd 1⟧/x", "⟦date⟧", "b")
    assert right == chat("cwd: ⟦cwd 1⟧ on ⟦date⟧", "⟦cwd 1⟧/x", "⟦date⟧", "c")


def _told(cwd: str, day: str, call: str, key: str, last: str) -> dict[str, object]:
    """A chat that says all of it."""
    arguments = json.dumps({"path": f"{cwd}/x.py"})
    return {
        "user": call,
        "messages": [
            {"role": "system", "content": f"Working directory: {cwd}\nToday is {day}"},
            {"role": "user", "content": f"go with {key}"},
            {"role": "assistant", "tool_calls": [{"id": call, "function": {"name": "f", "arguments": arguments}}]},
            {"role": "tool", "tool_call_id": call, "content": f"in {cwd} at {cwd}/y"},
            {"role": "user", "content": last},
        ],
    }


@pytest.mark.parametrize(("there", "here"), [("/srv/w1", "/srv/w1b"), ("/srv/w1b", "/srv/w1"), ("/w/in", "/w")])
def test_views_show_no_place_that_a_rule_covers(there: str, here: str) -> None:
    """Ids of calls, dates with fractions, secrets, a directory that begins as the other: only the rest differs."""
    first = _told(there, "2026-01-01T12:00:00.123456", "call_4fA9kQz81LmN02pRsT7uVwXy", "[redacted 0123abcd]", "what?")
    other = _told(here, "2026-11-23T01:38:01.4+00:00", "call_9zB1kQz81LmN02pRsT7uVw99", "[redacted 9999abcd]", "why?")
    recorded = Exchange(id=0, started=THEN, request=request(first))
    left, right = Volatile(parse(()), [recorded]).views(recorded, request(other), NOW)
    assert isinstance(left, dict)
    assert isinstance(right, dict)
    assert left["messages"][:-1] == right["messages"][:-1]
    assert left.keys() == right.keys() == {"messages"}
    assert left["messages"][-1] != right["messages"][-1]


def test_midnight_and_another_zone() -> None:
    """What says what today is, is found in any zone; a bare date that is tomorrow in UTC is not today's."""
    ahead = chat("Today is 2026-01-02. And 2026-01-03?")
    assert needed(ahead, chat("Today is 2026-11-23. And 2026-11-24?")) == ("date",)
    assert needed(ahead, chat("Today is 2026-11-22. And 2026-11-23?")) == ("date",)
    assert needed(chat("on 2026-01-02"), chat("on 2026-11-23")) is None
    assert needed(chat("on 2026-01-02"), chat("on 2026-11-24")) == ("date",)


def test_a_redacted_secret_in_the_url_is_set_aside_by_name() -> None:
    """Who replays has another key; that a secret stood there counts, and a star is none."""
    exchange = Exchange(id=0, started=THEN, request=request({}, "/v1?key=[redacted 0123abcd]"))
    for rules, fits in (((), True), (("-secret",), False)):
        volatile = Volatile(parse(rules), [exchange])
        left = volatile.recorded(exchange)
        right = volatile.asked(request({}, "/v1?key=[redacted 4567abcd]"), NOW)
        assert (left.key == right.key) == fits
        assert not fits or volatile.names(volatile.needed(right, left) or ()) == ("secret",)
        assert all(volatile.asked(request({}, f"/v1?key={one}"), NOW).key != left.key for one in ("*", "x", ""))


def test_a_clock_is_the_sender_s_where_it_is_near_or_says_so() -> None:
    """Within minutes of sending, or labelled; any other time of day counts. So does a number whose name is none."""
    assert needed(chat("2026-01-01T00:05:00Z"), chat("2026-11-23T01:40:00Z")) == ("date",)
    assert needed(chat("Today is 2026-01-01 09:00"), chat("Today is 2026-11-23 17:00")) == ("date",)
    assert needed(chat(f'{{"created_at": {int(THEN)}}}'), chat(f'{{"created_at": {int(NOW)}}}')) == ("date",)
    assert needed(chat("2026-01-01T00:05:00Z"), chat("2026-11-23T11:40:00Z")) is None
    assert needed(chat("a", at=int(THEN)), chat("a", at=int(NOW) - 5000)) is None


@given(bodies_raw, bodies_raw)
def test_the_very_same_is_the_same_by_rule(one: bytes, other: bytes) -> None:
    """However it is kept, whatever it is; and nothing is needed for it. What needs nothing is the very same."""
    exchange = Exchange(
        id=0, started=THEN, request=Request(method="POST", url="http://h/v1", body=Splitter().split(one))
    )
    volatile = Volatile(parse(()), [exchange])
    left = volatile.recorded(exchange)
    again = volatile.asked(Request(method="post", url="https://g/v1", body=Body.of(one)), NOW)
    assert again.key == left.key
    assert volatile.needed(again, left) == frozenset()
    volatile.asked(Request(method="POST", url="http://h/v1", body=Body.of(other)), None)
