"""context-silently-truncated: the server cut the prompt to its window, and answered as if nothing were missing."""

from typing import Any

import pytest
from linting import found, recording, refusing, told

from nexdiag.core.cassette import Cassette
from nexdiag.core.endpoint import Profile
from nexdiag.core.finding import Severity
from nexdiag.lint import profiles

NAME = "context-silently-truncated"
PROSE = "The quick brown fox jumps over the lazy dog. "
OLLAMA = profiles.named("ollama")


def said(prompt: int, **more: int) -> dict[str, Any]:
    usage = {"prompt_tokens": prompt, "completion_tokens": 9, **more}
    return {"choices": [{"message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}], "usage": usage}


def chat(size: int) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": (PROSE * (size // len(PROSE) + 1))[:size]}]}


def grown(*counts: int, each: int = 9000) -> Cassette:
    """A chat that grows by so many bytes, and how the server counted it."""
    rounds: list[tuple[object, int | None, object]] = []
    messages: list[dict[str, Any]] = []
    for number, count in enumerate(counts):
        messages = [*messages, {"role": "user", "content": f"{number}" + (PROSE * 1000)[:each]}]
        rounds.append(({"model": "m", "messages": messages}, 200, said(count)))
        messages = [*messages, {"role": "assistant", "content": "a"}]
    return recording(*rounds)


def test_the_log_is_sure() -> None:
    """Ollama's log line, whatever the rest."""
    log = 'level=WARN source=runner.go msg="truncating input prompt" limit=4096 prompt=11240 keep=4 new=4096'
    (finding,) = found(NAME, log=log, server="Ollama", status=200, response=said(4096))
    assert finding.severity is Severity.ERROR
    assert "11240" in finding.evidence[0]
    assert found(NAME, log="truncating old log files") == []


@pytest.mark.parametrize(
    ("server", "size", "tokens", "severity"),
    [
        ("Ollama", 60_000, 4096, Severity.ERROR),
        ("Ollama 0.33", 60_000, 2051, Severity.ERROR),
        ("Ollama", 60_000, 3500, Severity.WARNING),
        (None, 60_000, 4096, Severity.WARNING),
        ("Ollama", 60_000, 15_000, None),
        ("Ollama", 60_000, 8192, None),
        ("Ollama", 8_000, 300, None),
        ("Ollama", 60_000, 12, None),
    ],
)
def test_a_long_text_and_few_tokens(server: str | None, size: int, tokens: int, severity: Severity | None) -> None:
    """It takes a long text at ten bytes a token; the edge of a window makes it sure on Ollama."""
    findings = found(NAME, chat(size), server=server, status=200, response=said(tokens))
    assert [finding.severity for finding in findings] == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    ("server", "tokens", "fires"),
    [
        ("Ollama", 2051, True),
        ("Ollama", 4096, True),
        ("Ollama", 2048, True),
        ("Ollama", 3000, False),
        ("Ollama", 300, False),
        ("Ollama", 8192, True),
        ("Ollama", 8190, False),
        ("vLLM", 4096, False),
        (None, 2051, False),
    ],
)
def test_nothing_but_the_count(server: str | None, tokens: int, fires: bool) -> None:
    """Ollama's default windows are known, and the sizes that people choose; it is likely, not sure."""
    response = {"usage": {"prompt_tokens": tokens, "completion_tokens": 2528}}
    findings = found(NAME, server=server, status=200, response=response)
    assert [finding.severity for finding in findings] == ([Severity.WARNING] if fires else [])


def test_a_request_that_was_written_down_in_short() -> None:
    """A text that is shorter than its count is not all that was sent; one that may be all is let pass."""
    assert found(NAME, chat(500), server="Ollama", status=200, response=said(2051)) != []
    assert found(NAME, chat(8000), server="Ollama", status=200, response=said(2051)) == []
    assert found(NAME, chat(500) | {"tools": [{}]}, server="Ollama", status=200, response=said(2051)) == []


@pytest.mark.parametrize(
    ("counts", "profile", "severity"),
    [
        ((2300, 4090, 4090), OLLAMA, Severity.ERROR),
        ((2300, 4096, 4095), refusing(), Severity.ERROR),
        ((2300, 4000, 3100), OLLAMA, Severity.WARNING),
        ((2300, 4500, 6700), OLLAMA, None),
        ((10, 10, 10), refusing(), None),
    ],
)
def test_a_chat_that_grows(counts: tuple[int, ...], profile: Profile, severity: Severity | None) -> None:
    """The count has to grow with it; a stub's constant is no count."""
    findings = told(NAME, grown(*counts), profile)
    assert [finding.severity for finding in findings] == ([] if severity is None else [severity])
    assert all(finding.location.exchange == 2 for finding in findings)


@pytest.mark.parametrize(
    "part", [{"type": "image_url", "image_url": {"url": "x" * 60_000}}, {"type": "input_audio", "input_audio": {}}]
)
def test_what_is_no_text_is_not_judged(part: dict[str, Any]) -> None:
    """An image has few tokens and many bytes, in a bare exchange and in a recording."""
    request = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": PROSE * 2000}, part]}]}
    assert found(NAME, request, server="Ollama", status=200, response=said(2048)) == []
    assert told(NAME, recording((request, 200, said(2048))), OLLAMA) == []


def test_anthropic_counts_its_cache_apart() -> None:
    """There few tokens mean that the others were cached."""
    answer = {"type": "message", "content": [{"type": "text", "text": "a"}], "usage": {"input_tokens": 2048}}
    assert found(NAME, chat(60_000), url="http://h/v1/messages", status=200, response=answer) == []


def test_a_resent_request_is_not_compared_with_itself() -> None:
    """A retry is counted as before."""
    request, answer = chat(14_000), said(4096)
    assert told(NAME, recording((request, 200, answer), (request, 200, answer)), OLLAMA) == []
