"""`nexdiag diff`."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from compared import bodies, recording

from nexdiag.cli.app import run
from nexdiag.codec import cassette as codec

CASSETTES = Path(__file__).parents[2] / "cassettes"
PASSES = str(CASSETTES / "llama.cpp/five-back-to-back.cassette.jsonl")
PUSHED = str(CASSETTES / "llama.cpp/incident-pushed-warning.cassette.jsonl")


def test_a_failing_run_beside_a_passing_one_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """The difference, the rule, the fix; the next command on stderr; exit 1."""
    assert run(["diff", PASSES, PUSHED]) == 1
    shown = capsys.readouterr()
    assert (
        "EXPLAINS     /messages/4 (only right has it) explains why right was refused in turn 2, exchange 1" in shown.out
    )
    assert "FIRST DIVERGENCE   turn 2, exchange 1" in shown.out
    assert f"Next: nexdiag lint {PUSHED}" in shown.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([PASSES, PASSES], 0),
        ([PASSES, "--replay"], 0),
        ([PASSES, PUSHED, "--fail-on", "tools,log"], 0),
        ([PASSES, PUSHED, "--fail-on", "none"], 0),
        ([PUSHED, PASSES, "--fail-on", "findings"], 0),
        ([PASSES, PUSHED, "--fail-on", "findings"], 1),
        ([PASSES, PUSHED, "--turn", "1"], 0),
        ([PASSES, PUSHED, "--fail-on", "everything"], 2),
        ([PASSES], 2),
        ([PASSES, PUSHED, "--replay"], 2),
        ([PASSES, PUSHED, "--ignore", "/messages[0"], 1),
        ([PASSES, PUSHED, "--ignore", "bogus"], 2),
        ([PASSES, "no-such-file"], 3),
        ([PASSES, PUSHED, "--turn", "77"], 4),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """0 equal, 1 differences that were asked for, 2 usage, 3 unreadable, 4 nothing to compare; an error has a hint."""
    assert run(["diff", *arguments]) == code
    shown = capsys.readouterr()
    if code > 1:
        assert shown.out == ""
        assert "error: " in shown.err
        assert "hint: " in shown.err


def test_json_goes_to_a_file_and_jsonl_to_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One schema; one difference a line, and on stderr what was not compared."""
    assert run(["diff", PASSES, PUSHED, "--format", "json", "-o", str(tmp_path / "d.json")]) == 1
    assert json.loads((tmp_path / "d.json").read_text())["schema"] == "nexdiag.diff/1"
    assert run(["diff", PASSES, PUSHED, "--format", "jsonl"]) == 1
    shown = capsys.readouterr()
    lines = [json.loads(line) for line in shown.out.splitlines()]
    assert [line["pointer"] for line in lines if line["first"]] == [
        "/messages/3/content", "/messages/4", "(status)", "(refusal)",
    ]  # fmt: skip
    assert "not checked: logs: right has none" in shown.err


def test_a_copy_of_vcrpy_and_a_har_are_equal_to_what_they_were_made_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """But for what they cannot hold, which is told."""
    for name in ("copy.yaml", "copy.har"):
        copy = str(tmp_path / name)
        assert run(["convert", PASSES, copy]) == 0
        assert run(["diff", PASSES, copy]) == 0, capsys.readouterr().out
        assert "NOT CHECKED" in capsys.readouterr().out


def test_one_side_may_come_from_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A hostile recording is shown, and obeyed by nobody."""
    asked = bodies(1)
    asked[0]["messages"][1]["content"] = "\x1b[31m\u202e<script>"
    raw = codec.encode(recording(asked))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    assert run(["diff", PASSES, "-"]) == 1
    shown = capsys.readouterr().out
    assert r"\u001b[31m⟨U+202E⟩<script>" in shown
    assert "\x1b" not in shown


def test_a_pair_that_cannot_be_read_hides_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two directories: the others are compared, the error is told, and the exit code is 3."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "bad.json").write_text("{no")
        (tmp_path / folder / "good.cassette.jsonl").write_bytes(codec.encode(recording(bodies(1))))
    assert run(["diff", str(tmp_path / "a"), str(tmp_path / "b")]) == 3
    shown = capsys.readouterr()
    assert "✓ equal" in shown.out
    assert "error: " in shown.err
