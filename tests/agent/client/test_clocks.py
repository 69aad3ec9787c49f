"""Promises of client.clocks: silence is bounded, every byte counts, and a slow prompt is given its time."""

import math

import pytest

from nexdiag.agent.client.clocks import VARIABLE, Clocks, Watch, allowed_silence, clocks_for, is_loopback
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.errors import UsageError

CLOCKS = Clocks(first_byte=600, idle=300, lifetime=900)


def at(url: str, max_tokens: int = 16384) -> Endpoint:
    return Endpoint(base_url=url, model="m", profile=Profile(name="p", title=""), max_tokens=max_tokens)


def test_a_server_on_this_machine_gets_more_time_for_a_prompt() -> None:
    """600 s to its first byte, 300 s for others; then 300 s between two bytes (reference faults 25, 26, L14)."""
    here, there = clocks_for(at("http://127.0.0.1:8080/v1")), clocks_for(at("https://example.com/v1"))
    assert (here.first_byte, there.first_byte, here.idle, there.idle) == (600, 300, 300, 300)
    assert (here.connect, there.connect) == (10, 10)


@pytest.mark.parametrize(("most", "lifetime"), [(100, 900), (4500, 900), (16384, 3276.8)])
def test_a_long_answer_may_take_longer(most: int, lifetime: float) -> None:
    """Its lifetime grows with the tokens that it may have."""
    assert clocks_for(at("http://h/v1", most)).lifetime == pytest.approx(lifetime)


def test_the_user_s_number_rules() -> None:
    """More silence means more for the first byte too; less does not hurry a long prompt; 0 allows any."""
    more, less, any_ = (clocks_for(at("http://h/v1", 100), idle=idle) for idle in (1000, 5, 0))
    assert (more.idle, more.first_byte, more.lifetime) == (1000, 1000, 2000)
    assert (less.idle, less.first_byte, less.lifetime) == (5, 300, 900)
    assert (any_.idle, any_.first_byte, any_.lifetime) == (math.inf, math.inf, 900)


@pytest.mark.parametrize(("text", "seconds"), [("", None), (" ", None), ("0", 0.0), ("90", 90.0), (" 1.5 ", 1.5)])
def test_the_variable_is_read(text: str, seconds: float | None) -> None:
    """Seconds; nothing where it is not set."""
    assert allowed_silence({VARIABLE: text}) == seconds
    assert allowed_silence({}) is None


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", "1e12", "5m"])
def test_a_number_that_is_none_is_refused(text: str) -> None:
    """The error names the variable, and how to say it."""
    with pytest.raises(UsageError, match=VARIABLE) as caught:
        allowed_silence({VARIABLE: text})
    assert f"{VARIABLE}=0" in caught.value.hint


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1/v1", True),
        ("http://127.9.9.9/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:8/v1", True),
        ("http://example.com/v1", False),
        ("http://127.0.0.1.example.com/v1", False),
        ("http://[::1/v1", False),
        ("", False),
    ],
)
def test_this_machine_is_known(url: str, here: bool) -> None:
    """By its name; no resolver is asked."""
    assert is_loopback(url) == here


# ---- the watch


def test_silence_before_the_first_byte() -> None:
    """A hint after 20 s, then every 10; the end after 600."""
    watch = Watch(CLOCKS, 100.0)
    assert watch.due(100.0) == 20
    assert watch.look(119.9) is None
    hint = watch.look(120.0)
    assert hint is not None
    assert (hint.kind, hint.silent, hint.left) == ("hint", 20, 580)
    assert watch.look(120.0) is None
    assert watch.due(120.0) == 10
    end = watch.look(700.0)
    assert end is not None
    assert (end.kind, end.silent) == ("first_byte", 600)


def test_every_byte_starts_the_silence_anew() -> None:
    """Whatever it is; behind it, 300 s of silence are the end."""
    watch = Watch(CLOCKS, 0.0)
    for now in (10.0, 300.0, 590.0):
        watch.heard(now)
        assert watch.look(now + 19) is None
    assert watch.due(590.0) == 20
    assert watch.look(880.0) is not None
    end = watch.look(890.0)
    assert end is not None
    assert end.kind == "idle"


def test_a_drip_is_ended() -> None:
    """A byte a second keeps no stream alive for ever: 900 s from the first (the prompt's time is its own)."""
    watch = Watch(CLOCKS, 0.0)
    watch.heard(500.0)
    for second in range(501, 1400):
        watch.heard(float(second))
        assert watch.look(float(second)) is None
    end = watch.look(1400.0)
    assert end is not None
    assert end.kind == "lifetime"


def test_after_the_finish_little_is_waited_for() -> None:
    """2 s for the usage, 0.2 s for the end of the connection, whatever bytes come; and no hint."""
    watch = Watch(CLOCKS, 0.0)
    watch.heard(1.0)
    assert watch.settle(1.0)
    assert not watch.settle(2.0)
    watch.heard(2.5)
    assert watch.due(1.0) == 2
    assert watch.settle(1.5, done=True)
    assert not watch.settle(1.6, done=True)
    assert not watch.settle(1.6)
    end = watch.look(1.7)
    assert end is not None
    assert end.kind == "linger"


def test_a_server_at_work_gets_more_time_for_its_first_byte_only() -> None:
    """What it says of itself keeps the prompt's clock from running out, and no other."""
    watch = Watch(CLOCKS, 0.0)
    assert watch.extend(10.0) == 590
    assert watch.extend(590.0) == 60
    assert watch.look(649.0) is not None
    assert watch.due(649.0) == 1
    watch.heard(650.0)
    assert watch.extend(900.0) == 50
