"""`nexdiag init`."""

import tomllib
from pathlib import Path

import pytest

from nexdiag.cli.app import run


def test_init_writes_what_the_reference_would_read(tmp_path: Path) -> None:
    """The founding command line gives a config with the prefix in the agent's model and /v1 on the URL."""
    state = tmp_path / "s"
    assert run(["init", "-m", "qwen3-coder", "-e", "https://host:30000", "-x", "nex", "--dir", str(state)]) == 0
    config = tomllib.loads((state / "config.toml").read_text())
    assert config["agent"] == {"model": "nex:qwen3-coder", "executor": "nex"}
    (endpoint,) = config["llm_endpoints"]["endpoints"]
    assert (endpoint["url"], endpoint["model"], endpoint["is_default"]) == (
        "https://host:30000/v1",
        "qwen3-coder",
        True,
    )
    assert (state / "config.toml").stat().st_mode & 0o777 == 0o600


def test_init_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second init fails with exit 2 and leaves the first one's config."""
    state = tmp_path / "s"
    assert run(["init", "-m", "one", "-e", "http://h", "--dir", str(state)]) == 0
    before = (state / "config.toml").read_text()
    assert run(["init", "-m", "two", "-e", "http://h", "--dir", str(state)]) == 2
    assert "already set up" in capsys.readouterr().err
    assert (state / "config.toml").read_text() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-m", "m", "-e", "host:30000"], "http or https URL"),
        (["-m", "m", "-e", "http://"], "http or https URL"),
        (["-m", "", "-e", "http://h"], "a model is wanted"),
        (["-m", "m", "-e", "http://h", "-x", "emacs"], "executor 'emacs'"),
        (["-m", "m", "-e", "http://h", "--profile", "sgland"], "unknown profile 'sgland'"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(
    tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each wrong value is told with a hint, exit 2, and no directory is left."""
    state = tmp_path / "s"
    assert run(["init", *arguments, "--dir", str(state)]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert "hint: " in shown
    assert not state.exists()
