"""`nexdiag init`."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from nexdiag.agent import discover
from nexdiag.cli.app import run
from nexdiag.endpoint.serving import running
from nexdiag.endpoint.stub import StubEndpoint
from nexdiag.lint import profiles


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


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with SGLang's manners, on what is taken for the only usual port."""
    with running(StubEndpoint(profiles.named("sglang"))) as url:
        monkeypatch.setattr(discover, "PORTS", (int(url.rpartition(":")[2]),))
        yield url


def test_init_finds_the_server_on_this_machine(tmp_path: Path, stub: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a word, the server that runs and its model are written down, and told."""
    assert run(["init", "--dir", str(tmp_path / "s")]) == 0
    (endpoint,) = tomllib.loads((tmp_path / "s" / "config.toml").read_text())["llm_endpoints"]["endpoints"]
    assert endpoint["url"] == f"{stub}/v1"
    shown = capsys.readouterr().err
    assert f"Found an OpenAI-compatible server   {stub}/v1" in shown
    assert f"model {endpoint['model']}, endpoint {stub}/v1" in shown
    assert "Next: nexdiag service start" in shown


def test_init_asks_a_named_server_for_its_model(tmp_path: Path, stub: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With -e alone the model is asked for; a server that is not there is exit 3."""
    assert run(["init", "-e", stub, "--dir", str(tmp_path / "s")]) == 0
    assert run(["init", "-e", f"{stub}/nowhere", "--dir", str(tmp_path / "t")]) == 3
    assert "does not tell its models" in capsys.readouterr().err
    assert not (tmp_path / "t").exists()


def test_init_with_a_model_that_nobody_serves(tmp_path: Path, stub: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With -m alone the server has to serve it."""
    assert run(["init", "-m", "no-such-model", "--dir", str(tmp_path / "s")]) == 2
    assert "no server on this machine serves the model 'no-such-model'" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


def test_init_without_any_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 3, with the way to name one, and no directory is left."""
    with running(StubEndpoint(profiles.named("sglang"))) as url:
        free = int(url.rpartition(":")[2])
    monkeypatch.setattr(discover, "PORTS", (free,))
    assert run(["init", "--dir", str(tmp_path / "s")]) == 3
    assert "no model server answers on this machine" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


def test_init_is_refused_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a config is, no server has to run for the error to be the right one."""
    assert run(["init", "-m", "one", "-e", "http://h", "--dir", str(tmp_path)]) == 0
    monkeypatch.setattr(discover, "PORTS", ())
    assert run(["init", "--dir", str(tmp_path)]) == 2
    assert "already set up" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["claude", "codex"])
def test_other_executors_need_no_endpoint(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They bring their own: nothing is asked, and no endpoint is written."""
    assert run(["init", "-x", name, "--dir", str(tmp_path / "s")]) == 0
    assert tomllib.loads((tmp_path / "s" / "config.toml").read_text()) == {"agent": {"executor": name}}
    assert f"executor {name}" in capsys.readouterr().err
