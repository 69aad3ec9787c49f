"""`nexdiag lint`."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from nexdiag.cli.app import run

TWO_USERS = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
GOOD = {"model": "m", "messages": [{"role": "user", "content": "a"}]}


@pytest.fixture
def request_file(tmp_path: Path) -> str:
    path = tmp_path / "request.json"
    path.write_text(json.dumps(TWO_USERS))
    return str(path)


def test_text_names_message_and_fix(request_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A finding in text: severity, code, rule, place, what, fix; and what was not checked."""
    assert run(["lint", request_file, "--profile", "llama.cpp-strict"]) == 1
    shown = capsys.readouterr().out
    assert "error   NX101 role-alternation   messages[1], /messages/1/role" in shown
    assert "fix: " in shown
    assert "not checked: the server's answer" in shown


def test_json_keeps_the_contract(request_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The schema's name, the file, the profile, and the findings with their keys."""
    assert run(["lint", "--format", "json", request_file, "--profile", "llama.cpp-strict"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "nexdiag.lint/1"
    (file,) = told["files"]
    assert (file["file"], file["profile"]) == (request_file, "llama.cpp-strict")
    (finding,) = file["findings"]
    wanted = {"rule", "code", "severity", "message_index", "pointer", "summary", "evidence", "fix"}
    assert wanted <= set(finding)
    assert (finding["rule"], finding["message_index"]) == ("role-alternation", 1)


def test_jsonl_on_exchanges_gives_one_line_for_each(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From stdin, in order, with the ids; the first finding is the cause."""
    refused = {"error": {"message": "Conversation roles must alternate user/assistant/user/assistant/..."}}
    lines = [
        {"id": "x1", "server": "vLLM", "status": 400, "request": TWO_USERS, "response": refused},
        {"id": "x2", "server": "vLLM", "status": 200, "request": GOOD, "response": None, "client": None, "log": None},
    ]
    raw = "\n".join(json.dumps(line) for line in lines).encode()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    assert run(["lint", "--format", "jsonl", "-"]) == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in told] == ["x1", "x2"]
    assert told[0]["profile"] == "vllm"
    assert [finding["rule"] for finding in told[0]["findings"]] == ["role-alternation"]
    assert told[1]["findings"] == []


def test_what_was_not_checked_is_told_in_every_format(
    request_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON carries it; JSON Lines and text in a file, which it may never be read in, tell it on stderr."""
    wanted = "the server's answer: a bare request has none"
    assert run(["lint", "--format", "json", request_file]) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["files"][0]["unchecked"] == [wanted]
    assert shown.err == ""
    for arguments in (["--format", "jsonl"], ["-o", str(tmp_path / "out.txt")]):
        assert run(["-q", "lint", request_file, *arguments]) == 1
        assert capsys.readouterr().err == f"not checked: {request_file}: {wanted}\n"


def test_jsonl_without_findings_prints_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No row is no line, on stdout as in a file."""
    path, out = tmp_path / "good.json", tmp_path / "out.jsonl"
    path.write_text(json.dumps(GOOD))
    assert run(["lint", "--format", "jsonl", str(path)]) == 0
    assert capsys.readouterr().out == ""
    assert run(["lint", "--format", "jsonl", str(path), "-o", str(out)]) == 0
    assert out.read_bytes() == b""


def test_a_finding_in_jsonl_names_its_file(request_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several files one still knows whose finding it is."""
    assert run(["lint", "--format", "jsonl", request_file, request_file, "--profile", "llama.cpp-strict"]) == 1
    assert [json.loads(row)["file"] for row in capsys.readouterr().out.splitlines()] == [request_file] * 2


@pytest.mark.parametrize("form", ["text", "json", "jsonl"])
def test_a_recording_without_an_exchange_is_nothing_to_do(
    tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 4, and nothing that looks like a clean bill."""
    path = tmp_path / "empty.cassette.jsonl"
    path.write_text('{"cassette":1}\n')
    assert run(["lint", "--format", form, str(path)]) == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "holds no exchange" in shown.err


def test_what_is_clean_exits_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No finding, exit 0."""
    path = tmp_path / "good.json"
    path.write_text(json.dumps(GOOD))
    assert run(["lint", str(path)]) == 0
    assert "0 findings" in capsys.readouterr().out


def test_an_unknown_profile_names_the_nearest(request_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2: unknown profile, did you mean."""
    assert run(["lint", request_file, "--profile", "sgland"]) == 2
    shown = capsys.readouterr().err
    assert "unknown profile 'sgland'" in shown
    assert "did you mean sglang" in shown


def test_a_file_that_is_something_else_is_exit_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told what would do."""
    path = tmp_path / "x.txt"
    path.write_text("hello")
    assert run(["lint", str(path)]) == 3
    assert "neither a cassette nor a request" in capsys.readouterr().err


def test_the_output_goes_to_the_file_that_is_named(request_file: str, tmp_path: Path) -> None:
    """-o takes every format."""
    out = tmp_path / "out.json"
    assert run(["lint", request_file, "--format", "json", "-o", str(out)]) == 1
    assert json.loads(out.read_text())["schema"] == "nexdiag.lint/1"
