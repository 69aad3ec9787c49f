"""Promises of `nexdiag.runner.tape` as a whole: the real openai SDK against the real llama.cpp, recorded and played."""

import asyncio
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import openai
import pytest

import nexdiag
from nexdiag.core.errors import Unmatched
from nexdiag.endpoint import llama
from nexdiag.replay.closed import network_closed
from nexdiag.runner.tape import record, use_cassette

EXAMPLE = Path(__file__).parents[2] / "examples" / "record_openai.py"
NOWHERE = "http://127.0.0.1:9"
KEY = "sk-local-0123456789abcdef01234567"
TOOLS: Any = [
    {
        "type": "function",
        "function": {
            "name": "add",
            "description": "Add",
            "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
        },
    }
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with llama.running() as url:
        yield url


def asked(text: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - arguments of the SDK
    """The arguments of a chat request."""
    return {"model": "tiny", "messages": [{"role": "user", "content": text}], "max_tokens": 24, **more}


def by_sdk(url: str) -> list[Any]:
    """Whole and streamed, with tools, on two wires; and the server's refusal."""
    with openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client:
        found: list[Any] = [
            client.chat.completions.create(**asked("hello")).model_dump(),
            [chunk.model_dump() for chunk in client.chat.completions.create(**asked("stream", stream=True))],
            client.chat.completions.create(**asked("tools", tools=TOOLS, max_tokens=128)).model_dump(),
            client.responses.create(model="tiny", input="hello", max_output_tokens=24).model_dump(),
            [one.type for one in client.responses.create(model="tiny", input="s", max_output_tokens=24, stream=True)],
        ]
        with pytest.raises(openai.APIStatusError) as refused:
            client.chat.completions.create(model="tiny", messages=2 * asked("twice")["messages"])
        return [*found, refused.value.status_code, refused.value.body]


async def by_async_sdk(url: str) -> list[Any]:
    """Three at once, one of them streamed."""
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client:

        async def streamed() -> list[Any]:
            coming = await client.chat.completions.create(**asked("async stream", stream=True))
            return [chunk.model_dump() async for chunk in coming]

        one, two, three = await asyncio.gather(
            client.chat.completions.create(**asked("one")),
            client.chat.completions.create(**asked("two")),
            streamed(),
        )
        return [one.model_dump(), two.model_dump(), three]


def plainly(url: str) -> list[Any]:
    """Without an SDK, by both libraries."""
    found: list[Any] = []
    for library in (httpx, httpx2):
        with library.stream("POST", f"{url}/v1/chat/completions", json=asked(library.__name__, stream=True)) as answer:
            found += [answer.status_code, list(answer.iter_raw())]
        found.append(library.get(f"{url}/v1/models").text)
    return found


def everything(url: str) -> list[Any]:
    """All of these."""
    return [*by_sdk(url), *asyncio.run(by_async_sdk(url)), *plainly(url)]


@pytest.mark.real
def test_the_openai_sdk_gets_equal_answers_from_a_recording(server: str, tmp_path: Path) -> None:
    """Sync and async, whole and streamed, chunk for chunk; with the network closed, and without the key on disk."""
    path = tmp_path / "sdk.cassette.jsonl"
    with record(path) as tape:
        live = everything(server)
    assert tape.trouble is None
    assert len(tape.recorded) == 13
    assert tape.cassette.header.origin == f"{server}/v1"
    assert {"httpx", "httpx2", "openai", "python"} <= set(tape.cassette.header.libraries)
    assert KEY.encode() not in path.read_bytes()
    with network_closed(), use_cassette(path, all_played=True) as tape:
        assert everything(NOWHERE) == live
    assert len(tape.played) == 13


def test_the_sdk_is_told_of_a_miss_at_once(tmp_path: Path) -> None:
    """It does not take it for a bad connection, and does not ask again."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={}))
    with httpx.Client(transport=transport) as client, record(tmp_path / "c", transports=[httpx.MockTransport]):
        client.get(NOWHERE)
    with (
        pytest.raises(Unmatched, match="POST /v1/chat/completions: no recording"),
        use_cassette(tmp_path / "c") as tape,
        openai.OpenAI(base_url=f"{NOWHERE}/v1", api_key=KEY) as client,
    ):
        client.chat.completions.create(**asked("hello"))
    assert len(tape.misses) == 1


@pytest.mark.real
def test_the_example_runs(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twice, the second time with the network closed: the same is said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setattr(nexdiag, "use_cassette", use_cassette, raising=False)
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    first = capsys.readouterr().out
    with network_closed():
        runpy.run_path(str(EXAMPLE), run_name="__main__")
    second = capsys.readouterr().out
    assert "2 exchanges recorded, 0 played" in first
    assert second == first.replace("2 exchanges recorded, 0 played", "0 exchanges recorded, 2 played")
