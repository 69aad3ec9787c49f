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
    run(["lint", request_file, "--format", "json", "-o", str(out)])
    assert json.loads(out.read_text())["schema"] == "nexdiag.lint/1"
