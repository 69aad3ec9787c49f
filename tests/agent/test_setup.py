"""A new state directory, from what was typed."""

from pathlib import Path

import pytest

from nexdiag.agent import config
from nexdiag.agent.setup import Wanted, check_free, set_up
from nexdiag.core.errors import UsageError


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    """The config that is given back is the one on disk: prefix on the agent's model, /v1 on the URL."""
    wanted = Wanted(url="http://h:1", model="local:m", key_variable="K", profile="vllm", window=100)
    given = set_up(tmp_path / "s", wanted, config.Agent(system="Be brief.", tools=()))
    assert config.read(tmp_path / "s") == given
    (entry,) = given.llm_endpoints.endpoints
    assert (entry.url, entry.model, entry.context_window, entry.profile) == ("http://h:1/v1", "m", 100, "vllm")
    assert (given.agent.model, given.agent.system, given.agent.tools) == ("local:m", "Be brief.", ())


@pytest.mark.parametrize(("url", "model"), [("h:1", "m"), ("http://h", "nex:")])
def test_nothing_is_written_for_what_cannot_be(tmp_path: Path, url: str, model: str) -> None:
    """A wrong URL or an empty model leaves no directory."""
    with pytest.raises(UsageError):
        set_up(tmp_path / "s", Wanted(url=url, model=model))
    assert not (tmp_path / "s").exists()


def test_a_provider_with_an_address_needs_no_url(tmp_path: Path) -> None:
    """`ollama:` and `openai:` say where they answer; a name for any server does not."""
    (entry,) = set_up(tmp_path / "a", Wanted(model="ollama:qwen3:8b")).llm_endpoints.endpoints
    assert (entry.provider, entry.url, entry.model) == ("ollama", "http://127.0.0.1:11434/v1", "qwen3:8b")
    (entry,) = set_up(tmp_path / "b", Wanted(model="claude:opus", key_variable="K")).llm_endpoints.endpoints
    assert (entry.provider, entry.url, entry.api_key_env) == ("claude", "https://api.anthropic.com/v1", "K")
    with pytest.raises(UsageError, match="an endpoint is wanted") as refused:
        set_up(tmp_path / "c", Wanted(model="nex:qwen3"))
    assert "-e " in refused.value.hint


def test_a_pasted_route_keeps_its_wire(tmp_path: Path) -> None:
    """The route is taken off the URL, and what it said of the dialect is written down."""
    (entry,) = set_up(tmp_path / "a", Wanted(url="http://h/v1/responses", model="m")).llm_endpoints.endpoints
    assert (entry.url, entry.wire) == ("http://h/v1", "responses")
    assert config.read(tmp_path / "a").llm_endpoints.endpoints == (entry,)


@pytest.mark.parametrize("name", ["claude", "codex"])
def test_other_executors_bring_their_own_endpoint(tmp_path: Path, name: str) -> None:
    """No URL and no model is wanted for them; a model that was typed is kept as it was."""
    bare = set_up(tmp_path / "a", Wanted(executor=name))
    assert (bare.agent.executor, bare.agent.model, bare.llm_endpoints.endpoints) == (name, None, ())
    assert set_up(tmp_path / "b", Wanted(executor=name, model="opus")).agent.model == "opus"
    assert config.read(tmp_path / "b").agent.executor == name


def test_an_executor_that_there_is_not_is_told(tmp_path: Path) -> None:
    """With those that there are."""
    with pytest.raises(UsageError, match="nex, claude, codex"):
        set_up(tmp_path / "a", Wanted(url="http://h", model="m", executor="emacs"))


def test_what_is_set_up_is_not_free(tmp_path: Path) -> None:
    """It is told before anything is asked of a server."""
    check_free(tmp_path)
    set_up(tmp_path, Wanted(url="http://h", model="m"))
    with pytest.raises(UsageError, match="already set up"):
        check_free(tmp_path)
