"""What lint is given, told apart."""

import json
from pathlib import Path

import pytest

from nexdiag.cli.app import run
from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError, NothingToDo, UsageError
from nexdiag.core.judged import Judged
from nexdiag.core.turn import LogLine
from nexdiag.runner.linting.choice import Choice
from nexdiag.runner.linting.judge import judge_paths, judge_subject
from nexdiag.runner.linting.subjects import of_text

TWO_USERS = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}


def judge_text(raw: bytes, name: str, choice: Choice) -> list[Judged]:
    return list(judge_subject(of_text(raw, name), choice))


def rules(raw: bytes, choice: Choice = Choice()) -> list[list[str]]:  # noqa: B008 - frozen
    """The rules that fired, but for mere remarks."""
    judged = judge_text(raw, "x", choice)
    return [[finding.rule for finding in one.findings if finding.severity != "info"] for one in judged]


def test_a_bare_request_is_judged_by_the_profile_that_is_named() -> None:
    """The same request is a fault on one server and none on another."""
    raw = json.dumps(TWO_USERS).encode()
    assert rules(raw, Choice(profile="llama.cpp-strict")) == [["role-alternation"]]
    assert rules(raw, Choice(profile="openai")) == [[]]


def test_a_pretty_printed_request_is_a_request() -> None:
    """White space does not make it something else."""
    assert rules(json.dumps(TWO_USERS, indent=2).encode(), Choice(profile="llama.cpp-strict")) == [["role-alternation"]]


def test_exchanges_are_judged_line_by_line_and_keep_their_ids() -> None:
    """Each line is one exchange, judged by the server that it names; blank lines count for nothing."""
    lines = [{"id": "a", "server": "OpenAI", "request": TWO_USERS}, {"id": "b", "server": None, "request": TWO_USERS}]
    raw = "\n\n".join(json.dumps(line) for line in lines).encode()
    judged = judge_text(raw, "x", Choice())
    assert [(one.id, one.profile, one.bare) for one in judged] == [("a", "openai", True), ("b", "unknown", True)]


def test_a_bad_line_among_exchanges_is_named_by_its_number() -> None:
    """The other lines are not judged silently as if it were not there."""
    raw = json.dumps({"request": TWO_USERS}).encode() + b"\n{nonsense"
    with pytest.raises(UsageError, match="line 2"):
        judge_text(raw, "x", Choice())


def test_what_a_cassette_lacks_is_told_as_unchecked() -> None:
    """Skipped never counts as passed: a torn tail and missing turns are named."""
    raw = codec.encode(Cassette(header=Header(model="m"))) + b'{"exchange":0,"tu'
    (one,) = judge_text(raw, "x", Choice())
    assert any("torn" in text for text in one.unchecked)
    assert any("turns" in text for text in one.unchecked)
    assert any("exchanges" in text for text in one.unchecked)


def test_recordings_without_an_exchange_are_nothing_to_do(tmp_path: Path) -> None:
    """They are no clean bill; beside something that can be judged they are told as unchecked."""
    for name in "ab":
        (tmp_path / f"{name}.cassette.jsonl").write_bytes(codec.encode(Cassette(header=Header(model="m"))))
    with pytest.raises(NothingToDo, match=r"a\.cassette\.jsonl holds no exchange"):
        judge_paths([tmp_path / "a.cassette.jsonl"], Choice())
    with pytest.raises(NothingToDo, match="none of 2 recordings holds an exchange"):
        judge_paths([tmp_path], Choice())
    request = tmp_path / "r.json"
    request.write_text(json.dumps(TWO_USERS))
    assert [one.empty for one in judge_paths([request, tmp_path], Choice())] == [False, True, True]


@pytest.mark.parametrize("raw", [b"", b"hello", b"[1, 2]", b"\xff\xfe", b"{}", b"[" * 100_000])
def test_anything_else_is_refused_with_what_would_do(raw: bytes) -> None:
    """Neither cassette nor request nor exchanges: one line, one hint."""
    with pytest.raises(CassetteError, match=r"neither|is empty|UTF-16") as told:
        judge_text(raw, "x", Choice())
    assert "cassette" in told.value.hint


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A missing file is an error that names it."""
    with pytest.raises(CassetteError, match="nowhere"):
        list(judge_paths([tmp_path / "nowhere"], Choice()))


def test_rules_can_be_chosen_and_left_out() -> None:
    """`select` and `ignore` take names and codes."""
    raw = json.dumps(TWO_USERS).encode()
    strict = "llama.cpp-strict"
    assert rules(raw, Choice(profile=strict, ignore=("NX101",))) == [[]]
    assert rules(raw, Choice(profile=strict, select=("orphan-tool-result",))) == [[]]
    with pytest.raises(UsageError, match="role-alternat"):
        rules(raw, Choice(profile=strict, select=("role-alternat",)))


def test_the_short_form_of_a_state_is_judged() -> None:
    """What the pages of the state rules show can be pasted."""
    raw = json.dumps({"outbox": [{"id": 2, "role": "coordinator", "content": "x"}]}, indent=1).encode()
    assert rules(raw) == [["outbox-id-gap"]]


def test_the_log_of_a_recording_is_looked_at() -> None:
    """A crash that was logged beside the exchanges is told with the rest."""
    lines = tuple(
        LogLine(at=1.0 + at, text=text) for at, text in enumerate(("Traceback (most recent call last):", "E: no"))
    )
    fine = LogLine(at=9.0, text="all is well", level="INFO")
    raw = codec.encode(Cassette(header=Header(model="m"), log=(*lines, fine)))
    assert rules(raw) == [["log-line-unreadable"]]


def test_a_state_directory_hides_secrets_and_holds_cassettes_too(tmp_path: Path) -> None:
    """Its files were never redacted; recordings below it are judged as ever."""
    chat = tmp_path / "chat" / "x"
    chat.mkdir(parents=True)
    row = {"id": 1, "role": "system-error", "content": "the key sk-proj-abcdefghijklmnopqrstuvwxyz0123456789AB is bad"}
    (chat / "outbox.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "r.cassette.jsonl").write_bytes(codec.encode(Cassette(header=Header(model="m"))))
    judged = judge_paths([tmp_path], Choice())
    assert [Path(one.file).name for one in judged] == [tmp_path.name, "x", "r.cassette.jsonl"]
    assert "the key [redacted" in judged[1].findings[0].summary
    assert "abcdefghij" not in str(judged)


KEY = "sk-proj-Ab3dEf9hAb3dEf9hAb3dEf9hAb3dEf9hAb3dEf9h"


@pytest.mark.parametrize(
    "exchange",
    [
        {"status": 401, "response": {"error": {"message": f"Incorrect API key provided: {KEY}."}}},
        {"request": {"messages": [{"role": "tool", "tool_call_id": KEY, "content": "r"}]}},
        {"request": {"messages": [{"role": "user", "content": KEY}, {"role": "user", "content": KEY}]}},
    ],
)
def test_no_secret_of_what_was_given_is_told(exchange: dict[str, object]) -> None:
    """Neither in a summary, nor in evidence, words, fixes or facts: what was pasted was never redacted."""
    judged = judge_text(json.dumps(exchange).encode() + b"\n", "x.jsonl", Choice())
    assert any(one.findings for one in judged)
    assert KEY not in str(judged)


def test_a_bad_line_is_named_and_the_others_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where it is the first one."""
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": "a", \n{"id": "b", "status": 200}\n[]\n' + json.dumps({"request": TWO_USERS}) + "\n")
    assert run(["lint", str(path)]) == 3
    shown = capsys.readouterr()
    assert f"{path}, line 1: wanted an exchange as a JSON object, found no JSON (" in shown.err
    assert "line 1 column" not in shown.err
    assert f"{path}, line 3: " in shown.err
    assert f"{path}#b " in shown.out
    assert f"{path}:4 " in shown.out
    assert "2 exchanges, 1 finding" in shown.out
    assert "not checked: the server's answer: not given" in shown.out


def test_answers_that_are_not_given_are_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With JSON Lines, one line on stderr for all exchanges; one with a status has an answer."""
    path = tmp_path / "x.jsonl"
    path.write_text(
        (json.dumps({"request": {**TWO_USERS, "messages": TWO_USERS["messages"][:1]}}) + "\n") * 3 + '{"status": 200}\n'
    )
    assert run(["lint", str(path), "--format", "jsonl"]) == 0
    assert capsys.readouterr().err == "not checked: the answers of 3 exchanges: not given\n"
