"""A new state directory, from what was typed."""

from pathlib import Path

import pytest

from nexdiag.agent import config
from nexdiag.agent.setup import Wanted, set_up
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
