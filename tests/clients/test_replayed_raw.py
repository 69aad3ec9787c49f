"""curl, requests and aiohttp, answered from committed recordings of all three wires: byte for byte."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from for_serving import outcomes

from nexdiag.runner.load import load
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.command import played

KEPT = Path(__file__).parents[2] / "cassettes" / "llama.cpp"
CASSETTES = tuple(
    KEPT / f"{name}.cassette.jsonl"
    for name in ("openai-sdk-tool-round-trip", "openai-sdk-responses", "anthropic-messages")
)
_READ = """
import json, os, subprocess, sys
base, asked = os.environ["NEXDIAG_PROXY_URL"], json.load(open("asked.json"))
def keep(at, body):
    open(f"{at}.answer", "wb").write(body)
"""
CLIENTS = {
    "curl": """
for at, (path, body) in enumerate(asked):
    open("body", "w").write(body)
    command = ["curl", "-sSN", "-H", "content-type: application/json", "--data-binary", "@body", base + path]
    keep(at, subprocess.run(command, check=True, capture_output=True).stdout)
""",
    "requests": """
import requests
for at, (path, body) in enumerate(asked):
    with requests.post(base + path, data=body, headers={"content-type": "application/json"}, stream=True) as answer:
        keep(at, b"".join(answer.iter_content(None)))
""",
    "aiohttp": """
import aiohttp, asyncio
async def ask():
    async with aiohttp.ClientSession(trust_env=True) as session:
        for at, (path, body) in enumerate(asked):
            async with session.post(base + path, data=body) as answer:
                keep(at, await answer.read())
asyncio.run(ask())
""",
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_gets_the_recorded_bytes(client: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chat completions, Responses and Messages, whole and streamed, from three recordings at once."""
    if client == "curl" and shutil.which("curl") is None:
        pytest.skip("no curl")
    monkeypatch.chdir(tmp_path)
    recorded = [one for path in CASSETTES for one in load(path).exchanges]
    asked = [(one.request.path, one.request.body.join().decode()) for one in recorded]
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    told: list[str] = []
    command = (sys.executable, "-c", _READ + CLIENTS[client])
    came = played(command, CASSETTES, How(), environment=os.environ, told=told.append)
    assert came.exit_code == 0, told
    assert not came.escapes
    for at, one in enumerate(recorded):
        assert one.response is not None
        assert (tmp_path / f"{at}.answer").read_bytes() == one.response.body
    judged = [outcomes(one.run.replayed) for one in came.replayed if one.run is not None]
    assert judged == [["1 exact"], ["1 exact", "2 exact"], ["1 exact", "2 exact"]]
    assert all(
        one.run is not None and one.run.pairing is not None and one.run.pairing.one_to_one for one in came.replayed
    )
