"""`nexdiag drift`, as a user types it."""

import json
from pathlib import Path

import pytest
from drifting import corpus, written

from nexdiag.cli.app import run


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "old", a=corpus(40))
    written(tmp_path / "new", a=corpus(40, lambda made, _: made.update(timings={"ms": 1}, created="now")))


def test_a_baseline_is_written_and_compared_with(capsys: pytest.CaptureFixture[str]) -> None:
    """The two commands of the help; exit 0 where nothing changed, 1 where something did."""
    assert run(["drift", "old", "--write", "shape.json"]) == 0
    assert "drift CORPUS --baseline shape.json" in capsys.readouterr().err
    assert run(["drift", "old", "--baseline", "shape.json"]) == 0
    assert capsys.readouterr().out.endswith("no change of the shape\n")
    assert run(["drift", "new", "--baseline", "shape.json"]) == 1
    out = capsys.readouterr().out
    assert "retyped response chat json /created" in out
    assert "0/40 → 40/40" in out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 1),
        (["--fail-on", "error"], 1),
        (["--ignore", "/created"], 0),
        (["--ignore", "/created", "--fail-on", "info"], 1),
        (["--fail-on", "never"], 0),
        (["--baseline", "old"], 1),
        (["--server", "openai"], 1),
        (["--who", "typed"], 1),
        (["--who", "wire"], 0),
    ],
)
def test_the_exit_code_is_of_the_weight_asked_for(options: list[str], code: int) -> None:
    """A warning fails unless another weight is named; a remark alone does not."""
    assert run(["drift", "new", *options, "-o", "out.txt"]) == code


@pytest.mark.parametrize("option", ["-o", "--write"])
def test_a_recording_of_another_tool_in_the_corpus_is_not_overwritten(option: str) -> None:
    """Nothing is written there, though below a directory only our own are read; beside it there is room."""
    file = Path("new/b.jsonl")
    file.write_text('{"id": "x", "request": {"model": "m", "messages": []}}\n')
    before = file.read_bytes()
    assert run(["drift", "new", option, str(file)]) == 2
    assert file.read_bytes() == before
    assert run(["drift", "new", option, "new.txt"]) in (0, 1)


@pytest.mark.parametrize("form", ["github", "sarif"])
def test_a_format_that_names_places_names_those_that_are_there(form: str) -> None:
    """From the top of the repository, with the line of the exchange; also where the corpus is a directory."""
    Path(".git").mkdir()
    assert run(["drift", "new", "--baseline", "old", "--format", form, "-o", "out.txt"]) == 1
    told = Path("out.txt").read_text()
    line = next(
        number for number, text in enumerate(Path("new/a.cassette.jsonl").read_text().splitlines(), 1)
        if text.startswith('{"exchange":0')
    )  # fmt: skip
    assert line > 1
    if form == "github":
        assert f"file=new/a.cassette.jsonl,line={line}," in told
        return
    places = [one["locations"][0]["physicalLocation"] for one in json.loads(told)["runs"][0]["results"]]
    assert {one["artifactLocation"]["uri"] for one in places} == {"new/a.cassette.jsonl"}
    assert {one["region"]["startLine"] for one in places} == {line}


@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        ([], 2, "name a recording or a directory of them"),
        (["new", "--write", "x.json", "--baseline", "old"], 2, "leave --baseline and --server away"),
        (["new", "--write", "new/a.cassette.jsonl"], 2, "name a file: shape.json"),
        (["new", "-o", "new/a.cassette.jsonl"], 2, "name a file: shape.json"),
        (["new", "--baseline", "old", "-o", "old"], 2, "name a file: shape.json"),
        (
            ["new", "--baseline", "nope.json"],
            3,
            "write one with: nexdiag drift CORPUS --write FILE; or name recordings",
        ),
        (["nowhere"], 3, "record one with: nexdiag capture"),
        (["new", "--server", "vllm"], 4, "there are: openai fp1"),
    ],
)
def test_what_is_wrong_is_two_lines(
    arguments: list[str], code: int, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What, and what to do; nothing is overwritten."""
    assert run(["drift", *arguments]) == code
    assert f"hint: {hint}" in capsys.readouterr().err
    assert b'{"cassette"' in Path("new/a.cassette.jsonl").read_bytes()[:20]


def test_a_file_that_cannot_be_read_hides_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    """The rest is reported, and the exit code is that of an error."""
    Path("new/b.cassette.jsonl").write_text("no\n")
    assert run(["drift", "new", "--format", "json"]) == 3
    told = capsys.readouterr()
    assert json.loads(told.out)["changes"]
    assert "b.cassette.jsonl" in told.err


def test_a_step_summary_and_lines_for_scripts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On GitHub the page of the step is written; JSON Lines tell on stderr what was not checked."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    assert run(["drift", "new", "--format", "github"]) == 1
    assert Path("summary.md").read_text().startswith("### nexdiag drift")
    capsys.readouterr()
    assert run(["drift", "new", "--format", "jsonl", "--ignore", "/none"]) == 1
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 2
    assert "not checked: --ignore /none: fits nothing" in told.err
