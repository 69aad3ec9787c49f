"""The real codex CLI, recorded against a real llama.cpp server and then replayed offline, from another directory.

It sends ids, a session and its working directory anew with every run: the built-in rules set them aside. It is no
Python package: `npm install @openai/codex` brings it, and its `codex` has to be on the PATH. Where CI is set, it must
be there.
"""

import os
import shutil
from pathlib import Path

import pytest
from for_serving import outcomes

from nexdiag.endpoint import llama
from nexdiag.endpoint.tiny_model import TALKS, TOOL_TEMPLATE
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.command import played
from nexdiag.runner.wrapped import Wanted, wrapped

CODEX = shutil.which("codex")
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
NOWHERE = "http://127.0.0.1:9"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(CODEX is None and not os.environ.get("CI"), reason="no codex: npm install @openai/codex"),
]


def test_a_prompt_is_answered_again_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same words come out of it, though no server runs; another prompt is told apart, with both."""
    assert CODEX is not None, "CI is set, and codex is not on the PATH"
    home, works = tmp_path / "codex", [tmp_path / name for name in ("work", "elsewhere", "third")]
    for folder in (home, *works):
        folder.mkdir()
    (home / "config.toml").write_text(CONFIG.format(home=home))
    (home / "instructions.md").write_text("Answer shortly.")
    monkeypatch.chdir(tmp_path)
    environment = {**os.environ, "CODEX_HOME": str(home)}
    told: list[str] = []

    def command(work: Path, prompt: str) -> tuple[str, ...]:
        provider = ("-c", 'model_providers.local.base_url="{proxy}/v1"')
        return (str(CODEX), "exec", "--skip-git-repo-check", "-C", str(work), *provider, prompt)

    closed = environment | {"HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE}
    with llama.running(template=TOOL_TEMPLATE, tool_bias=TALKS, context=32768) as upstream:
        wanted = Wanted(command=command(works[0], "say hello"), upstream=upstream)
        recorded = wrapped(wanted, environment=closed, told=told.append)
    assert recorded.code == 0, (told, capfd.readouterr())
    assert recorded.cassette is not None
    said = capfd.readouterr().out
    cassettes = [recorded.cassette]
    came = played(command(works[1], "say hello"), cassettes, How(), environment=environment, told=told.append)
    out = capfd.readouterr()
    assert came.exit_code == 0, (told, out)
    assert out.out == said
    run = came.replayed[0].run
    assert run is not None
    assert outcomes(run.replayed) == ["1 exact"]
    assert run.pairing is not None
    assert run.pairing.one_to_one
    assert {pair.how for pair in run.pairing.pairs} == {"rule"}
    other = played(command(works[2], "say goodbye"), cassettes, How(), environment=environment, told=told.append)
    assert other.exit_code
    run = other.replayed[0].run
    assert run is not None
    found = run.replayed[0].divergence
    assert found is not None
    assert found.first is not None
    assert ("say hello" in str(found.first.left), "say goodbye" in str(found.first.right)) == (True, True), found
