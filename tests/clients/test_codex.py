"""The real codex CLI (Responses wire) against a real llama.cpp server, recorded by `nexdiag capture -- COMMAND`.

It is no Python package: `npm install @openai/codex` brings it, and its `codex` has to be on the PATH. Where CI is set,
it must be there.
"""

import json
import os
import shutil
from pathlib import Path

import pytest

from nexdiag.endpoint import llama
from nexdiag.endpoint.tiny_model import TALKS, TOOL_TEMPLATE
from nexdiag.runner.load import load
from nexdiag.runner.wrapped import Wanted, wrapped

CODEX = shutil.which("codex")
NOWHERE = "http://127.0.0.1:9"
CONFIG = """
model = "tiny"
model_provider = "local"
model_instructions_file = "{home}/instructions.md"
web_search = "disabled"
check_for_update_on_startup = false
[analytics]
enabled = false
[features]
multi_agent = false
goals = false
[model_providers.local]
name = "local"
base_url = "http://127.0.0.1:9/v1"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
"""
"""Short instructions and few tools: for the tiny model a character is a token."""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(CODEX is None and not os.environ.get("CI"), reason="no codex: npm install @openai/codex"),
]


def test_a_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Its provider is told the proxy's URL in an argument. What it prints came by the proxy; all else is closed."""
    assert CODEX is not None, "CI is set, and codex is not on the PATH"
    home, work = tmp_path / "codex", tmp_path / "work"
    for folder in (home, work):
        folder.mkdir()
    (home / "config.toml").write_text(CONFIG.format(home=home))
    (home / "instructions.md").write_text("Answer shortly.")
    monkeypatch.chdir(tmp_path)
    provider = ("-c", 'model_providers.local.base_url="{proxy}/v1"')
    command = (CODEX, "exec", "--skip-git-repo-check", "-C", str(work), *provider, "say hello")
    environment = {**os.environ, "CODEX_HOME": str(home), "HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE}
    told: list[str] = []
    with llama.running(template=TOOL_TEMPLATE, tool_bias=TALKS, context=32768) as upstream:
        came = wrapped(Wanted(command=command, upstream=upstream), environment=environment, told=told.append)
    assert came.code == 0, (told, capfd.readouterr())
    assert came.cassette is not None
    assert came.cassette.name == "say-hello.cassette.jsonl"
    cassette = load(came.cassette)
    asked = next(exchange for exchange in cassette.exchanges if exchange.request.path == "/v1/responses")
    assert json.loads(asked.request.body.join())["input"][-1]["content"][0]["text"] == "say hello"
    assert asked.response is not None
    said = capfd.readouterr().out.split()
    assert said
    assert all(word.encode() in asked.response.body for word in said)
    assert not [line for line in told if line.startswith(("✗", "turn")) and "✗" in line]
