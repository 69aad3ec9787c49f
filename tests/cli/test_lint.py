"""`nexdiag lint`."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from nexdiag.cli.app import run
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles

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
    assert "neither a recording nor a request" in capsys.readouterr().err


def test_the_output_goes_to_the_file_that_is_named(request_file: str, tmp_path: Path) -> None:
    """-o takes every format."""
    out = tmp_path / "out.json"
    assert run(["lint", request_file, "--format", "json", "-o", str(out)]) == 1
    assert json.loads(out.read_text())["schema"] == "nexdiag.lint/1"


@pytest.fixture(scope="module")
def healthy_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three messages to a daemon, which was restarted between them, and stopped."""
    place = tmp_path_factory.mktemp("served") / "s"
    state = ["--dir", str(place)]
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("One.", "Two.", "Three."))) as url:
        assert run(["init", "-m", "m", "-e", url, *state]) == 0
        for arguments in (["service", "start"], ["chat", "first"], ["chat", "second"], ["service", "restart"]):
            assert run([*arguments, *state]) == 0
        assert run(["chat", "third", *state]) == 0
        assert run(["service", "stop", *state]) == 0
    return place


def test_a_healthy_state_directory_has_no_findings(healthy_state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0; the service, and each chat by itself; what it cannot hold is told as not checked."""
    assert run(["lint", "--format", "json", str(healthy_state)]) == 0
    service, chat = json.loads(capsys.readouterr().out)["files"]
    assert (service["findings"], chat["findings"]) == ([], [])
    assert Path(chat["file"]).parent == healthy_state / "chat"
    assert "requests and answers" in chat["unchecked"][0]
    assert run(["lint", chat["file"]]) == 0


def _rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def _drop(chat: Path, name: str, *places: int) -> None:
    _write(chat / name, [row for place, row in enumerate(_rows(chat / name)) if place not in places])


def _add(chat: Path, name: str, place: int, **changed: object) -> None:
    rows = _rows(chat / name)
    _write(chat / name, [*rows, {**rows[place], **changed}])


def _crash(chat: Path) -> None:
    with (chat.parents[1] / "service" / "daemon.log").open("a") as log:
        log.write('Traceback (most recent call last):\n  File "x"\nValueError: no\n')


def _restart(chat: Path) -> None:
    with (chat.parents[1] / "service" / "daemon.log").open("a") as log:
        log.writelines(f"2026-05-20T14:03:{at:02}.000Z [INFO] Daemon starting (PID 7, socket x)\n" for at in range(5))


def _compact(chat: Path) -> None:
    entry = {"entry_type": "compaction", "compacted_through_seq": 8, "summary": "microcompact: -9 bytes"}
    _add(chat, "conversation.jsonl", -1, seq=9, **entry)


def _spoil(chat: Path) -> None:
    path = chat / "inbox.jsonl"
    path.write_text(f"nonsense\n{path.read_text()}")


@pytest.mark.parametrize(
    ("spoil", "wanted"),
    [
        (lambda chat: _add(chat, "inbox.jsonl", -1, id=4, request_id="d"), "inbox-unanswered inbox.jsonl:4"),
        (lambda chat: _add(chat, "inbox.jsonl", -1, id=4, content="x"), "inbox-duplicate-request inbox.jsonl:4"),
        (lambda chat: _add(chat, "outbox.jsonl", 0, id=4), "outbox-duplicate-answer outbox.jsonl:4"),
        (
            lambda chat: _add(chat, "outbox.jsonl", 0, id=4, role="system-error", request_id="d"),
            "outbox-system-error outbox.jsonl:4",
        ),
        (lambda chat: _drop(chat, "outbox.jsonl", 1), "outbox-id-gap outbox.jsonl:2"),
        (lambda chat: (chat.parent / "0").mkdir(), "chat-alias-ambiguous chat/0"),
        (lambda chat: (chat / ".handler.pid").write_text("4194305\n2026\nchat-nex\n"), "stale-lock .handler.pid"),
        (_restart, "restart-storm daemon.log:15"),
        (lambda chat: _drop(chat, "conversation.jsonl", 3), "journal-sequence-gap conversation.jsonl:4"),
        (lambda chat: _drop(chat, "conversation.jsonl", 7), "journal-without-end conversation.jsonl:7"),
        (lambda chat: _add(chat, "conversation.jsonl", 7, seq=9), "journal-duplicate-message conversation.jsonl:9"),
        (
            lambda chat: _add(
                chat,
                "conversation.jsonl",
                7,
                seq=9,
                content=[{"type": "tool_use", "id": "c", "name": "ls", "input": {}}],
            ),
            "journal-unmatched-tool-id conversation.jsonl:9",
        ),
        (_compact, "compaction-lost-messages conversation.jsonl:9"),
        (_crash, "log-line-unreadable daemon.log:14"),
        (_spoil, "state-line-unreadable inbox.jsonl:1"),
    ],
)
def test_a_state_directory_that_is_broken_is_told_by_file_and_line(
    healthy_state: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], object],
    wanted: str,
) -> None:
    """Each way to break it, on a copy of what a daemon wrote."""
    place = tmp_path / "s"
    shutil.copytree(healthy_state, place)
    (chat,) = (one.parent for one in place.glob("chat/*/inbox.jsonl"))
    spoil(chat)
    assert run(["lint", "--format", "json", str(place)]) == 1
    files = json.loads(capsys.readouterr().out)["files"]
    assert wanted in [f"{one['rule']} {one['pointer']}" for file in files for one in file["findings"]]


def test_against_prints_the_table(request_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1 where one of the servers would refuse, 0 where none would."""
    assert run(["lint", request_file, "--against", "vllm-strict,openai"]) == 1
    shown = capsys.readouterr().out
    assert "vllm-strict would refuse 1 of 1:" in shown
    assert "openai takes all of it" in shown
    assert run(["lint", request_file, "--against", "openai", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "nexdiag.portability/1"


def test_fix_prints_a_diff_and_writes_nothing(request_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With -o the repaired request is written, and judged anew it is clean."""
    before = Path(request_file).read_text()
    assert run(["lint", request_file, "--profile", "vllm-strict", "--fix"]) == 1
    shown = capsys.readouterr()
    assert '+      "content": "a\\n\\nb"' in shown.out
    assert "role-alternation: merged messages[1] into messages[0]" in shown.err
    assert Path(request_file).read_text() == before
    mended = f"{request_file}.mended.json"
    assert run(["lint", request_file, "--profile", "vllm-strict", "--fix", "-o", mended]) == 0
    assert run(["lint", mended, "--profile", "vllm-strict"]) == 0


def test_a_template_decides(request_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The template's own words, and the message."""
    path = tmp_path / "strict.jinja"
    path.write_text(
        "{% for m in messages %}{% if loop.index0 % 2 %}{{ raise_exception('must alternate') }}{% endif %}{% endfor %}"
    )
    assert run(["lint", request_file, "--template", str(path)]) == 1
    assert "must alternate" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["github", "junit", "sarif", "md", "html"])
def test_every_format_is_written(request_file: str, form: str, tmp_path: Path) -> None:
    """To a file, with exit 1 for what was found."""
    output = tmp_path / "out"
    assert run(["lint", request_file, "--profile", "vllm-strict", "--format", form, "-o", str(output)]) == 1
    assert "role-alternation" in output.read_text()


@pytest.mark.parametrize(
    "words",
    [
        ["--against", "openai", "--fix"],
        ["--against", "openai", "--profile", "vllm"],
        ["--against", "openai", "--format", "sarif"],
        ["--against", "nobody"],
        ["--fix", "--format", "json"],
        ["--template", "nowhere.jinja"],
        ["--select", "nothing"],
    ],
)
def test_options_that_mean_nothing_together_are_an_error(
    words: list[str], request_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line and a hint, exit 2; nothing is judged."""
    assert run(["lint", request_file, *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "hint: " in shown.err


def test_settings_ignore_by_path(request_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nexdiag.toml says is not wanted in a file is not reported there."""
    (tmp_path / "nexdiag.toml").write_text(
        '[lint]\nprofile = "vllm-strict"\n[lint.per_path_ignores]\n"request.json" = ["NX101"]\n'
    )
    monkeypatch.chdir(tmp_path)
    assert run(["lint", request_file]) == 0


def test_the_profiles_are_listed(request_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--profile ?`."""
    assert run(["lint", request_file, "--profile", "?"]) == 0
    assert "vllm-strict" in capsys.readouterr().out


@pytest.mark.parametrize("options", [[], ["--against", "vllm,openai"], ["--fix", "--profile", "vllm-strict"]])
def test_what_is_judged_is_never_overwritten(tmp_path: Path, options: list[str]) -> None:
    """By its own name, by a link to it, below a directory, or as a directory: exit 2, nothing written."""
    path, link = tmp_path / "a.cassette.jsonl", tmp_path / "link.json"
    path.write_text(json.dumps(TWO_USERS))
    link.symlink_to(path)
    aims = [(path, path), (path, link), (tmp_path, path), (tmp_path, tmp_path / "b.cassette.jsonl"), (path, tmp_path)]
    for source, aim in aims:
        assert run(["lint", str(source), "-o", str(aim), *options]) == 2
    assert json.loads(path.read_text()) == TWO_USERS
    assert not (tmp_path / "b.cassette.jsonl").exists()


def test_a_report_may_stand_beside_the_recordings(tmp_path: Path) -> None:
    """`nexdiag lint . -o lint.sarif`, once and again."""
    (tmp_path / "a.cassette.jsonl").write_text('{"cassette":1}\n')
    (tmp_path / "r.json").write_text(json.dumps(GOOD))
    for _ in range(2):
        assert run(["lint", str(tmp_path), str(tmp_path / "r.json"), "-o", str(tmp_path / "lint.txt")]) == 0


@pytest.mark.parametrize("option", ["--profile", "--against"])
def test_profiles_are_listed_without_a_file(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A question mark asks for names."""
    assert run(["lint", option, "?"]) == 0
    assert "vllm-strict" in capsys.readouterr().out


def test_no_file_is_an_error_with_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and what may be named."""
    assert run(["lint"]) == 2
    assert "nothing is named" in (told := capsys.readouterr().err)
    assert "hint: name a recording" in told


def test_one_bad_file_does_not_take_the_others_with_it(
    request_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rest is judged, each bad one is told on stderr, and the exit code is that of an error."""
    bad = tmp_path / "bad.json"
    bad.write_text('{"model": ')
    nowhere = str(tmp_path / "nofile.json")
    assert run(["lint", str(bad), request_file, nowhere]) == 3
    shown = capsys.readouterr()
    assert "NX101" in shown.out
    assert "no JSON: line 1 column 11" in shown.err
    assert f"{nowhere}: no such file" in shown.err
    assert run(["lint", str(bad), nowhere]) == 3
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("error: ")) == ("", 2)


STRICT = ["--profile", "vllm-strict"]


def test_nothing_to_repair_is_told_and_nothing_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that looks like a repair would be none."""
    path, out = tmp_path / "good.json", tmp_path / "out.json"
    path.write_text(json.dumps(GOOD))
    assert run(["lint", str(path), "--fix", *STRICT, "-o", str(out)]) == 0
    assert "nothing to repair" in capsys.readouterr().err
    assert not out.exists()
