"""`nexdiag convert`."""

import json
from pathlib import Path

import pytest
import typer

from nexdiag.cli import convert
from nexdiag.core.errors import CassetteError, UsageError
from nexdiag.runner.load import load

ROOT = Path(__file__).parents[2]
OURS = ROOT / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl"


def run(*arguments: object) -> int:
    """The command by itself."""
    app = typer.Typer()
    app.command()(convert.command)
    outcome = app([str(argument) for argument in arguments], standalone_mode=False)
    assert isinstance(outcome, int)
    return outcome


def test_each_loss_is_told_once_with_its_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, with what was written; stdout stays empty."""
    lines = len(load(OURS).log)
    assert run(OURS, tmp_path / "a.har") == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0] == f"lost: HAR has no place for {lines} log lines"
    assert shown.err.splitlines()[1].startswith("wrote ")
    assert shown.err.splitlines()[1].endswith("a.har · 5 exchanges")


def test_secrets_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the known shapes, those of the key variables in use, and those of the user's own patterns."""
    monkeypatch.setenv("MY_API_KEY", "in-use-Zq81-0042")
    source, shape = tmp_path / "a.request.json", "sk-proj-0123456789abcdefghijklmnop"
    source.write_text(json.dumps({"messages": [{"content": f"{shape} in-use-Zq81-0042 customer-7"}]}))
    assert run(source, tmp_path / "a.cassette.jsonl", "--redact", r"customer-\d") == 0
    assert "· 3 secrets redacted" in capsys.readouterr().err
    written = (tmp_path / "a.cassette.jsonl").read_bytes()
    assert not [secret for secret in (shape, "Zq81", "customer-7") if secret.encode() in written]


def test_one_request_is_written_by_its_number(tmp_path: Path) -> None:
    assert run(OURS, tmp_path / "one.json", "--request", 2) == 0
    assert (tmp_path / "one.json").read_bytes() == load(OURS).exchanges[2].request.body.join()


def test_a_file_is_written_over_only_with_force(tmp_path: Path) -> None:
    target = tmp_path / "a.yaml"
    target.write_text("mine")
    with pytest.raises(UsageError) as told:
        run(OURS, target)
    assert "--force" in told.value.hint
    assert target.read_text() == "mine"
    assert run(OURS, target, "--force") == 0


def test_an_unreadable_source_is_one_line(tmp_path: Path) -> None:
    """Exit 3, and nothing is written."""
    with pytest.raises(CassetteError) as told:
        run(__file__, tmp_path / "a.har")
    assert told.value.exit_code == 3
    assert list(tmp_path.iterdir()) == []
