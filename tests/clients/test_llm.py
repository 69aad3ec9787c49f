"""The real `llm` against a real llama.cpp server, recorded by `nexdiag capture -- COMMAND`, unchanged."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nexdiag.endpoint import llama
from nexdiag.runner.load import load
from nexdiag.runner.wrapped import Wanted, wrapped

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with llama.running() as url:
        yield url


@pytest.mark.parametrize("streams", [True, False])
def test_a_prompt(
    upstream: str,
    streams: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What it prints came by the proxy. It needs neither a key nor a word of configuration."""
    monkeypatch.chdir(tmp_path)
    options = () if streams else ("--no-stream",)
    command = (sys.executable, "-m", "llm", "-m", "gpt-4o-mini", *options, "say hello to the world")
    environment = {**os.environ, "LLM_USER_PATH": str(tmp_path / "llm")}
    came = wrapped(Wanted(command=command, upstream=upstream), environment=environment, told=lambda line: None)
    assert (came.code, came.exchanges) == (0, 1)
    assert came.cassette is not None
    assert came.cassette.name == "say-hello-to-the-world.cassette.jsonl"
    response = load(came.cassette).exchanges[0].response
    assert response is not None
    assert response.streamed is streams
    said = capfd.readouterr().out.split()
    assert said
    assert all(word.encode() in response.body for word in said)
