"""The real openai SDK against a real llama.cpp server, recorded by `nexdiag capture -- COMMAND`, unchanged."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nexdiag.core.cassette import Cassette
from nexdiag.endpoint import llama
from nexdiag.endpoint.tiny_model import CALLS, TOOL_TEMPLATE
from nexdiag.runner.load import load
from nexdiag.runner.wrapped import Wanted, Wrapped, wrapped

pytestmark = pytest.mark.real
ROOT = Path(__file__).parents[2]
STREAM = """
from openai import OpenAI
said = OpenAI().chat.completions.create(
    model="tiny", messages=[{"role": "user", "content": "Hello"}], stream=True, stream_options={"include_usage": True}
)
print("".join(chunk.choices[0].delta.content or "" for chunk in said if chunk.choices), end="")
"""
RESPONSES = """
from openai import OpenAI
print(OpenAI().responses.create(model="tiny", input="Hello").output_text, end="")
"""
REFUSED = """
from openai import BadRequestError, OpenAI
try:
    OpenAI(max_retries=0).chat.completions.create(model="tiny", n=3, messages=[{"role": "user", "content": "Hello"}])
except BadRequestError:
    raise SystemExit(3)
"""


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with llama.running(template=TOOL_TEMPLATE, tool_bias=CALLS) as url:
        yield url


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def record(upstream: str, *command: str) -> tuple[Wrapped, Cassette, list[str]]:
    told: list[str] = []
    came = wrapped(
        Wanted(command=(sys.executable, *command), upstream=upstream), environment=os.environ, told=told.append
    )
    assert came.cassette is not None, told
    return came, load(came.cassette), told


def test_a_tool_round_trip(upstream: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The example agent: its call, the tool's result and the answer are three messages of two requests."""
    came, cassette, told = record(upstream, str(ROOT / "examples" / "agent_openai.py"), "what is 17 and 25?")
    assert (came.code, came.exchanges) == (0, 2)
    assert came.cassette is not None
    assert came.cassette.name == "what-is-17-and-25.cassette.jsonl"
    sent = [json.loads(exchange.request.body.join())["messages"] for exchange in cassette.exchanges]
    assert [message["role"] for message in sent[1]] == ["user", "assistant", "tool"]
    assert sent[1][0] == sent[0][0]
    last = cassette.exchanges[1].response
    assert last is not None
    assert capfd.readouterr().out == json.loads(last.body)["choices"][0]["message"]["content"] + "\n"
    assert told[1].endswith("→ add")
    assert not [finding for finding in came.findings if finding.weighs]


def test_a_stream_is_kept_piece_by_piece(upstream: str, capfd: pytest.CaptureFixture[str]) -> None:
    _, cassette, told = record(upstream, "-c", STREAM)
    response = cassette.exchanges[0].response
    assert response is not None
    assert response.streamed
    assert len(response.chunks) > 2
    assert response.body.endswith(b"data: [DONE]\n\n")
    said = capfd.readouterr().out
    assert said
    for word in said.split():
        assert word.encode() in response.body
    assert " chunks   first " in told[1]


def test_the_responses_wire(upstream: str, capfd: pytest.CaptureFixture[str]) -> None:
    came, cassette, _ = record(upstream, "-c", RESPONSES)
    assert came.code == 0
    assert cassette.exchanges[0].request.path == "/v1/responses"
    assert capfd.readouterr().out


def test_a_refusal_reaches_the_client_as_it_was(upstream: str) -> None:
    came, cassette, told = record(upstream, "-c", REFUSED)
    assert came.code == 3
    response = cassette.exchanges[0].response
    assert response is not None
    assert response.status == 400
    assert "✗ 400 " in told[1]
