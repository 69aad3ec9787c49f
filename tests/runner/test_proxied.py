"""Promises of `nexdiag.runner.proxied`: it serves until it is told to stop, and tells what came of it."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from nexdiag.core.errors import CassetteError, NothingToDo, UsageError
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.proxied import Wanted, proxied, signals


@pytest.fixture
def upstream() -> Iterator[str]:
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        yield url


def play(wanted: Wanted, meanwhile: Callable[[str], object]) -> list[str]:
    """What is told while this is done with the address."""
    told: list[str] = []
    where: list[str] = []

    @contextlib.contextmanager
    def until() -> Iterator[Callable[[], object]]:
        yield lambda: meanwhile(where[0])

    environment = {"OPENAI_API_KEY": "tr0ub4dor-and-3"}
    proxied(wanted, environment=environment, told=told.append, listening=where.append, until=until)
    return told


def chat(url: str, text: str = "hi") -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    headers = {"authorization": "Bearer tr0ub4dor-and-3", "x-stainless-os": "Linux", "x-nobody-knows": "this"}
    httpx.post(f"{url}/v1/chat/completions", json=body, headers=headers, trust_env=False)


def test_a_secret_is_counted_once_however_often_it_was_replaced(upstream: str, tmp_path: Path) -> None:
    """As a wrapped command counts: not once for each header of each exchange."""
    path = tmp_path / "a b.cassette.jsonl"
    wanted = Wanted(upstream=upstream, cassette=path, redact=("cust-[0-9]+",))
    told = play(wanted, lambda url: [chat(url, "I am cust-123") for _ in range(3)])
    assert told[0].startswith("● recording   http://127.0.0.1:")
    assert " · 3 exchanges · 2 secrets redacted" in told[-2]
    assert told[-1] == f"Next: nexdiag report '{path}'"


def test_what_did_not_come_to_be_recorded_is_raised(upstream: str, tmp_path: Path) -> None:
    """Nothing came by; the file went away; a pattern is none."""
    path = tmp_path / "c"
    with pytest.raises(NothingToDo, match="nothing came by"):
        play(Wanted(upstream=upstream, cassette=path), lambda url: None)
    assert not path.exists()

    def lost(url: str) -> None:
        chat(url)
        path.unlink()

    with pytest.raises(CassetteError):
        play(Wanted(upstream=upstream, cassette=path), lost)
    with pytest.raises(UsageError):
        play(Wanted(upstream=upstream, cassette=path, redact=("(",)), chat)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_and_no_second_one_breaks_anything_off(number: signal.Signals) -> None:
    """Whoever heard them before hears them again."""
    before = signal.getsignal(number)
    with signals() as wait:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        assert wait() == number
    assert signal.getsignal(number) is before
