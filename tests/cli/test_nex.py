"""`nexdiag nex`."""

import inspect
import io
import json
import socket
from pathlib import Path

import model_server
import pytest
from model_server import Asked, answers, calls, http, sends, stream_head
from typer.models import OptionInfo

from nexdiag.cli.app import app, run
from nexdiag.cli.nex import with_values
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.slash import COMMANDS


@pytest.fixture(autouse=True)
def no_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    monkeypatch.chdir(tmp_path)


def test_a_message_to_a_bare_url_needs_no_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """-m and -e are enough; the answer is on stdout alone, and nothing is written."""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("Hello.",))) as url:
        assert run(["nex", "hi", "-m", "m", "-e", url]) == 0
    assert capsys.readouterr().out == "Hello.\n"
    assert list(tmp_path.iterdir()) == []


def test_further_lines_and_commands_come_from_stdin(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines are said in turn; an unknown command is hinted at and never sent; /quit ends well."""
    monkeypatch.setattr("sys.stdin", io.StringIO("second\n/nonsense\n/help\n/quit\nnever\n"))
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("One.", "Two.", "Three."))) as url:
        assert run(["nex", "first", "-m", "m", "-e", url]) == 0
    shown = capsys.readouterr()
    assert shown.out == "One.\nTwo.\n"
    assert "no such command: /nonsense" in shown.err


def test_a_session_goes_on_where_it_was_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a state directory the journal is kept, and --chat takes the session up by its alias (reference fault 42)."""
    state = tmp_path / "s"
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("One.", "Two."))) as url:
        assert run(["init", "-m", "m", "-e", url, "--dir", str(state)]) == 0
        assert run(["nex", "first", "--dir", str(state)]) == 0
        assert run(["nex", "second", "--chat", "session", "--dir", str(state)]) == 2
        sessions = json.loads((state / "chat" / "sessions.json").read_text())["sessions"]
        ((key, session),) = sessions.items()
        assert run(["nex", "second", "--chat", session["aliases"][0], "--dir", str(state)]) == 0
    shown = capsys.readouterr().out
    assert shown.endswith("One.\nTwo.\n")
    journal = (state / "chat" / key / "conversation.jsonl").read_text()
    assert journal.count('"entry_type":"message"') == 4


def test_a_failure_is_one_line_and_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    """An endpoint that is down is named; nothing is on stdout."""
    assert run(["nex", "hi", "-m", "m", "-e", "http://127.0.0.1:9", "--autonomous"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "127.0.0.1:9" in shown.err


def test_eval_mode_prints_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """status, turns, tokens and exit_reason, in this order, whether it went well or not (reference fault 45)."""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("Hello.",))) as url:
        assert run(["nex", "hi", "-m", "m", "-e", url, "--eval-mode"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert list(told) == ["status", "turns", "input_tokens", "output_tokens", "exit_reason"]
    assert (told["status"], told["turns"], told["exit_reason"]) == ("ok", 1, "end_turn")
    assert run(["nex", "hi", "-m", "m", "-e", "http://127.0.0.1:9", "--eval-mode"]) == 3
    assert json.loads(capsys.readouterr().out)["status"] == "abnormal"


@pytest.mark.parametrize("more", [[], ["--eval-mode", "--dir", "s"]], ids=["bare URL", "eval mode"])
def test_a_session_that_nobody_keeps_cannot_be_gone_on_with(
    more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """--chat is refused where it would be ignored: exit 2, before anything is sent."""
    assert run(["nex", "hi", "-m", "m", "-e", "http://127.0.0.1:9", "--chat", "c", *more]) == 2
    assert "--chat c cannot be had" in capsys.readouterr().err


def test_text_that_is_not_utf8_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2, from the command line as from stdin."""
    assert run(["nex", "a\udcff", "-m", "m", "-e", "http://127.0.0.1:9"]) == 2
    assert "not UTF-8" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\n"), encoding="utf-8"))
    assert run(["nex", "-m", "m", "-e", "http://127.0.0.1:9"]) == 2
    assert "not utf-8 text (byte 0)" in capsys.readouterr().err


def test_nothing_configured_says_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    """No state directory, no URL: exit 2 with the command that makes one."""
    assert run(["nex", "hi"]) == 2
    assert "nexdiag init" in capsys.readouterr().err


def test_resume_without_a_value_takes_the_newest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At a terminal one chooses; without one there is nobody to ask. With a pattern, the newest that fits."""
    state = tmp_path / "s"
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("One.", "Two.", "Three."))) as url:
        assert run(["init", "-m", "m", "-e", url, "--dir", str(state)]) == 0
        assert run(["nex", "first", "--dir", str(state)]) == 0
        assert run(["nex", "second", "--dir", str(state), "--resume"]) == 0
        assert run(["nex", "third", "--resume", "SESSION", "--dir", str(state)]) == 0
        assert run(["nex", "fourth", "--resume", "nothing-like-it", "--dir", str(state)]) == 2
    assert capsys.readouterr().out.endswith("One.\nTwo.\nThree.\n")
    assert len(json.loads((state / "chat" / "sessions.json").read_text())["sessions"]) == 1


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["nex", "--resume"], ["nex", "--resume="]),
        (["nex", "--resume", "-c"], ["nex", "--resume=", "-c"]),
        (["nex", "--resume", "x"], ["nex", "--resume", "x"]),
        (["nex", "--resume=x"], ["nex", "--resume=x"]),
    ],
)
def test_resume_may_stand_alone(given: list[str], meant: list[str]) -> None:
    """Its value is empty then."""
    assert with_values(given) == meant


def test_what_names_tools_twice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """--minimal-tools is a bundle too."""
    assert run(["nex", "hi", "-m", "m", "-e", "http://h", "--minimal-tools", "--bundle", "light"]) == 2
    assert "both name tools" in capsys.readouterr().err


@pytest.mark.parametrize("again", [["--chat"], ["--resume"]])
def test_a_later_life_sends_what_was_said_once(tmp_path: Path, again: list[str]) -> None:
    """Each message of the first life goes out with the second's question, once and in order, and so with the third's.

    (reference faults 42, L1, L4)
    """
    state = tmp_path / "s"
    wanted = sends(stream_head(), calls(("c1", "glob", '{"pattern": "*"}')))
    plays = iter((wanted, answers("One."), answers("Two."), answers("Three.")))

    def play(asked: Asked, wire: socket.socket) -> None:
        chat = asked.path == "/v1/chat/completions"  # what else is asked is about the server itself
        (next(plays) if chat else sends(http("{}", "404 Not Found")))(asked, wire)

    with model_server.serving(play) as server:
        assert run(["init", "-m", "m", "-e", server.url, "--dir", str(state)]) == 0
        assert run(["nex", "first", "--autonomous", "--dir", str(state)]) == 0
        (session,) = json.loads((state / "chat" / "sessions.json").read_text())["sessions"].values()
        for text in ("second", "third"):
            assert run(["nex", text, "--autonomous", *again, session["aliases"][0], "--dir", str(state)]) == 0
        kinds = [(message["role"], message.get("content")) for message in server.asked[-1].messages[1:]]
    assert [role for role, _ in kinds] == ["user", "assistant", "tool", "assistant", "user", "assistant", "user"]
    said = [text for role, text in kinds if role == "user" or (role == "assistant" and text)]
    assert said == ["first", "One.", "second", "Two.", "third"]


@pytest.mark.parametrize(
    ("options", "tables", "key"),
    [
        (["-m", "local:qwen3-coder", "-e", "{url}"], "", None),
        (["-m", "oai-compat:qwen3-coder", "-e", "{url}/v1/"], "", None),
        ([], '[agent]\nmodel = "nex:qwen3-coder"\n{entry}', None),
        (["-e", "mine", "-m", "qwen3-coder"], '{entry}name = "mine"\nprovider = "openai"\n', None),
        (
            ["-e", "mine", "-m", "qwen3-coder"],
            '{entry}name = "mine"\napi_key = "right"\n{entry}name = "other"\n',
            "right",
        ),
        (["-m", "openai:qwen3-coder"], '{entry}provider = "openai"\napi_key_env = "MY_KEY"\n', "mine"),
    ],
)
def test_where_a_model_is_asked_and_as_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], tables: str, key: str | None
) -> None:
    """At the address that was named, under its bare name, with its own key or none, with no field that it may refuse.

    (reference faults 3-11, 20, 21)
    """
    for name, value in (("OPENAI_API_KEY", "wrong"), ("ANTHROPIC_API_KEY", "wrong"), ("MY_KEY", "mine")):
        monkeypatch.setenv(name, value)
    with model_server.serving(answers("Hello.")) as server:
        if tables:
            entry = f'[[llm_endpoints.endpoints]]\nurl = "{server.url}"\n'
            (tmp_path / "s").mkdir()
            (tmp_path / "s" / "config.toml").write_text(tables.replace("{entry}", entry))
            options = [*options, "--dir", str(tmp_path / "s")]
        assert run(["nex", "hi", "--autonomous", *(option.format(url=server.url) for option in options)]) == 0
    (asked,) = (request for request in server.asked if b'"messages"' in request.body)
    body = json.loads(asked.body)
    assert (asked.method, asked.path, body["model"]) == ("POST", "/v1/chat/completions", "qwen3-coder")
    assert asked.headers.get("authorization") == (key and f"Bearer {key}")
    assert set(body) <= {"model", "messages", "stream", "tools", "tool_choice", "max_tokens"}


def test_evaluated_it_says_nothing_but_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not of its tools, a retry, or what had to be mended: stdout is one line, stderr none (reference fault 47)."""
    monkeypatch.setenv("NEXDIAG_DIR", str(tmp_path / "s"))
    busy = sends(http('{"error": "busy"}', "503 Busy", headers={"retry-after": "0"}))
    wanted = sends(stream_head(), calls(("", "glob", "")))
    plays = iter((wanted, busy, answers("Done.")))

    def play(asked: Asked, wire: socket.socket) -> None:
        (next(plays) if asked.path == "/v1/chat/completions" else sends(http("{}", "404 Not Found")))(asked, wire)

    with model_server.serving(play) as server:
        assert run(["nex", "hi", "-m", "m", "-e", server.url, "--eval-mode"]) == 0
    shown = capsys.readouterr()
    assert (json.loads(shown.out)["status"], shown.err) == ("ok", "")


def test_the_page_names_every_flag_and_every_slash_command() -> None:
    """docs/reference/nex.md is whole: what can be typed can be looked up."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "nex.md").read_text()
    flags = {flag for name in ("nex", "native-exec") for flag in _flags(name)} - {"--help"}
    assert not [flag for flag in flags if f"`{flag}" not in page and f" {flag} " not in page]
    assert not [command.usage for command in COMMANDS.values() if f"| `{command.usage}` |" not in page]


def _flags(name: str) -> set[str]:
    """The long options of a command, whose first name typer keeps as the default of the option."""
    command = next(one for one in app.registered_commands if one.name == name)
    assert command.callback is not None
    flags = set()
    for key, parameter in inspect.signature(command.callback).parameters.items():
        for option in getattr(parameter.annotation, "__metadata__", ()):
            if isinstance(option, OptionInfo):
                named = [word for word in (option.default, *(option.param_decls or ())) if isinstance(word, str)]
                flags |= {word for word in named if word.startswith("--")} or {f"--{key.replace('_', '-')}"}
    return flags
