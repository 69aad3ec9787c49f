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
SAME = str(CASSETTES / "llama.cpp/same-conversation.cassette.jsonl")
OTHER = str(CASSETTES / "llama-cpp-python")


def test_a_failing_run_beside_a_passing_one_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """The difference, the rule, the fix; the next command on stderr; exit 1."""
    assert run(["diff", PASSES, PUSHED]) == 1
    shown = capsys.readouterr()
    assert (
        "EXPLAINS     /messages/4 (only right has it) explains why right was refused in turn 2, exchange 1" in shown.out
    )
    assert "FIRST DIVERGENCE   turn 2, exchange 1" in shown.out
    assert f"Next: nexdiag lint {PUSHED} # what to change\n" in shown.err


def test_the_next_command_is_one_that_can_be_pasted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """With the same turn; none where nothing follows, or where all was shown."""
    sides = [bodies(3), bodies(3)]
    for body in sides[1]:
        body["temperature"] = 0.9
    names = [str(tmp_path / f"{side} side\x1b[31m.cassette.jsonl") for side in "ab"]
    for name, side in zip(names, sides, strict=True):
        Path(name).write_bytes(codec.encode(recording(side)))
    assert run(["diff", *names]) == 1
    shown = capsys.readouterr().err
    assert "--all # what follows from it\n" in shown
    assert "\x1b" not in shown
    assert run(["diff", *names, "--all"]) == run(["diff", *names, "--turn", "1"]) == 1
    assert "Next" not in capsys.readouterr().err


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


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("md", "### nexdiag diff\n"),
        ("github", "::error file=cassettes/llama.cpp/incident-pushed-warning.cassette.jsonl,line=14,"),
        ("junit", "<?xml"),
        ("sarif", '{\n "$schema"'),
        ("html", "<!doctype html>"),
    ],
)
def test_each_format_for_a_ci_or_a_browser_tells_the_cause(
    form: str, begins: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the file and the line where they have a place for them; on GitHub in the step's summary, too."""
    monkeypatch.chdir(CASSETTES.parent)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert run(["diff", PASSES, PUSHED, "--format", form]) == 1
    shown = capsys.readouterr()
    assert shown.out.startswith(begins)
    assert "role-alternation" in shown.out
    assert "not checked: logs" not in shown.err
    assert (tmp_path / "summary.md").exists() == (form == "github")


def test_a_page_is_of_two_recordings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also of one and its replay; of directories there is none, and nothing that is compared is written over."""
    page = tmp_path / "page.html"
    assert run(["diff", PASSES, "--replay", "--format", "html", "-o", str(page)]) == 0
    assert "(replay)" in page.read_text()
    assert run(["diff", str(CASSETTES), str(CASSETTES), "--format", "html"]) == 2
    assert "hint: name two files" in capsys.readouterr().err
    page.write_bytes(Path(PASSES).read_bytes())
    assert run(["diff", PASSES, str(page), "-o", str(page)]) == 2
    assert page.read_bytes() == Path(PASSES).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([PASSES, PASSES], 0, ""),
        ([PASSES, PUSHED, "--format", "json"], 0, '"schema": "nexdiag.drift/1"'),
        ([SAME, OTHER], 1, "/choices/*/logprobs"),
        ([SAME, OTHER, "--fail-on", "never"], 0, ""),
        ([PASSES], 2, "a second corpus is missing"),
        ([PASSES, PUSHED, "--mode", "run"], 2, "--mode means nothing beside --schema"),
        ([PASSES, "--replay"], 2, "--replay means nothing beside --schema"),
        ([PASSES, PUSHED, "--turn", "1"], 2, "--turn means nothing beside --schema"),
        ([PASSES, PUSHED, "--all"], 2, "--all means nothing beside --schema"),
        ([PASSES, PUSHED, "--format", "html"], 2, "--schema has no format html"),
        ([PASSES, PUSHED, "--fail-on", "tools"], 2, "--fail-on tools is no weight"),
    ],
)
def test_schemas_are_compared_as_drift_does(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its formats and weights; what means nothing beside it is refused."""
    assert run(["diff", "--schema", *arguments]) == code
    shown = capsys.readouterr()
    assert said in shown.out + shown.err
