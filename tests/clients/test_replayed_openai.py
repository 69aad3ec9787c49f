"""The real openai SDK, sync, async and streaming, answered from committed recordings with the network closed."""

import json
import os
import sys
from pathlib import Path

import pytest
from for_serving import outcomes

from nexdiag.runner.load import load
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.command import Played, played

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "cassettes" / "llama.cpp"
TOOLS = KEPT / "openai-sdk-tool-round-trip.cassette.jsonl"
RESPONSES = KEPT / "openai-sdk-responses.cassette.jsonl"
STREAMED = KEPT / "five-back-to-back.cassette.jsonl"
SDK = """
import asyncio, json, sys
from openai import AsyncOpenAI, OpenAI
asked = json.loads(open(sys.argv[1]).read())

def kind(client, path):
    return client.responses if path == "/v1/responses" else client.chat.completions

def told(answer):
    return answer.output_text if hasattr(answer, "output_text") else answer.choices[0].message.content or ""

def part(one):
    if hasattr(one, "choices"):
        return "".join(choice.delta.content or "" for choice in one.choices)
    return one.delta if one.type == "response.output_text.delta" else ""

def sync(asked):
    with OpenAI(max_retries=0) as client:
        for path, body in asked:
            answer = kind(client, path).create(**body)
            print("".join(map(part, answer)) if body.get("stream") else told(answer))

async def later(asked):
    async with AsyncOpenAI(max_retries=0) as client:
        for path, body in asked:
            answer = await kind(client, path).create(**body)
            print("".join([part(one) async for one in answer]) if body.get("stream") else told(answer))

sync(asked[:3])
asyncio.run(later(asked[3:]))
"""


def replay(*command: str, cassettes: tuple[Path, ...]) -> tuple[Played, list[str]]:
    told: list[str] = []
    return played(command, cassettes, How(), environment=os.environ, told=told.append), told


def judged(came: Played) -> list[str]:
    return [line for one in came.replayed if one.run is not None for line in outcomes(one.run.replayed)]


def test_the_example_agent_runs_offline_as_it_was_recorded(capfd: pytest.CaptureFixture[str]) -> None:
    """Its call and its answer: the tool's result is sent by the client itself."""
    agent = str(ROOT / "examples" / "agent_openai.py")
    came, told = replay(sys.executable, agent, "What is 17 and 25, added?", cassettes=(TOOLS,))
    assert came.exit_code == 0, told
    assert judged(came) == ["1 exact"]
    response = load(TOOLS).exchanges[1].response
    assert response is not None
    assert capfd.readouterr().out == json.loads(response.body)["choices"][0]["message"]["content"] + "\n"


def test_another_question_is_told_apart(capfd: pytest.CaptureFixture[str]) -> None:
    """The SDK shows what the 599 says, and does not ask again; the verdict names the place, and both values."""
    agent = str(ROOT / "examples" / "agent_openai.py")
    came, _ = replay(sys.executable, agent, "What is 17 and 26, added?", cassettes=(TOOLS,))
    assert came.exit_code == came.code == 1
    assert "it first differs in /messages/0/content" in capfd.readouterr().err
    run = came.replayed[0].run
    assert run is not None
    assert run.pairing is not None
    assert run.pairing.requests == 1
    found = run.replayed[0].divergence
    assert found is not None
    assert found.first is not None
    assert (found.first.left, found.first.right) == ("What is 17 and 25, added?", "What is 17 and 26, added?")


def test_chats_and_responses_whole_and_streamed_sync_and_async(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Three recordings served at once: what the SDK makes of each answer is what was recorded."""
    cassettes = (TOOLS, RESPONSES, STREAMED)
    recorded = [*load(TOOLS).exchanges, *load(STREAMED).exchanges[:1], *load(RESPONSES).exchanges]
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps([(one.request.path, json.loads(one.request.body.join())) for one in recorded]))
    told: list[str] = []
    command = (sys.executable, "-c", SDK, str(asked))
    came = played(command, cassettes, How(unplayed=True), environment=os.environ, told=told.append)
    out = capfd.readouterr()
    assert came.exit_code == 0, (told, out)
    assert judged(came)[:4] == ["1 exact", "1 exact", "2 exact", "1 exact"]
    assert not came.escapes
    said = out.out.splitlines()
    assert len(said) == len(recorded)
    for line, one in zip(said, recorded, strict=True):
        assert one.response is not None
        assert all(word.encode() in one.response.body for word in line.split())
    assert all(said[1:])
