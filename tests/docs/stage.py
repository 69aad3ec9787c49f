"""Where the story of a page is played: a scratch directory with what a reader has, a server, and the commands run.

`nexdiag ...` runs within this process, as the console script would; a line that needs a shell (a pipe, a redirection,
another program) runs in one; a command that serves runs beside the others until the page ends.

Law: a command that is run is run for real. No part of nexdiag is replaced.
"""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from docs.pages import ROOT, Command, File, Happens, Like, Patch, story
from docs.shown import missing

from nexdiag.cli.app import run
from nexdiag.endpoint import llama, serving, stub
from nexdiag.lint import profiles

SECONDS = 60
"""How long one command may take before it counts as stuck."""
_PORT = re.compile(r"(?P<before>(?:127\.0\.0\.1|localhost):|--port )(?P<port>\d+)")
_SERVES = re.compile(r"nexdiag (?:proxy\b|endpoint (?!--list|--like \?)|service run\b|.*--serve\b)")
_SHELL = re.compile(r"[|<>&;$*`]")
_SET = re.compile(r"[A-Z_]+=\S*$")
_WORDS = {"FILE": "chat.cassette.jsonl", "CASSETTE": "chat.cassette.jsonl"}
SCRIPT = ("Hello. I am here.", "It is all green.", "You said hello.", "Red, green and blue.", "Thank you, too.")


class Stage:
    """One page's scratch directory and what runs in it."""

    def __init__(self, place: Path, told: Callable[[], tuple[str, str]]) -> None:
        self.place = place
        self._told = told
        self._ports: dict[str, int] = {}
        self._beside: list[tuple[Command, subprocess.Popen[bytes]]] = []
        self._servers = contextlib.ExitStack()
        self._like = "llama.cpp-strict"
        self._url = ""
        self.ran = 0

    def play(self, happens: Happens) -> None:
        """Let one thing of the page happen; raise AssertionError where it is not as the page has it."""
        if isinstance(happens, File):
            path = self.place / happens.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(happens.text)
            path.chmod(0o755)
        elif isinstance(happens, Patch):
            path = self.place / happens.name
            path.write_text(happens.made(path.read_text()))
        elif isinstance(happens, Like):
            self._like, self._url = happens.profile, ""
        elif happens.unrun is None:
            self._run(happens)
            self.ran += 1

    def close(self) -> None:
        """End what still runs; a server must end as one that was asked to."""
        if (self.place / ".nexdiag" / "service").is_dir():
            run(["service", "stop", "--force"])
        ends = []
        for command, process in reversed(self._beside):
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=SECONDS)
            ends.append((command.text, process.returncode))
        self._servers.close()
        bad = [(text, code) for text, code in ends if code not in (0, 1, 4, 130)]
        assert not bad, bad

    def url(self) -> str:
        """The reader's own server: a stub, started when it is first spoken to."""
        if not self._url and self._like == "real":
            self._url = self._servers.enter_context(llama.running())
        elif not self._url:
            app = stub.StubEndpoint(profiles.named(self._like), script=SCRIPT, model="qwen3-coder")
            self._url = self._servers.enter_context(serving.running(app))
        return self._url

    def _run(self, command: Command) -> None:
        serves = _SERVES.match(command.text) is not None and "--demo" not in command.text
        text = self._here(command.text, serves=serves)
        self._told()
        if serves:
            self._serve(command, text)
            return
        code = self._inside(text, command.stdin) if _inside(text) else self._shell(text, command.stdin)
        out, err = self._told()
        where = f"line {command.line}: {command.text}\n(run as: {text})"
        assert code == command.exit, f"{where}\nexit {code}, the page says {command.exit}\n{out}\n{err}"
        lacking = missing(command.shown, out, err)
        assert not lacking, "\n".join((where, "the page shows, and it did not say:", *lacking, "it said:", out, err))

    def _here(self, text: str, *, serves: bool) -> str:
        """The command with this machine's ports, and a file where the page has a word for one."""
        for word, file in _WORDS.items():
            text = re.sub(rf"(?<![\w/.-]){word}(?![\w=])", file, text)
        text = re.sub(r"(?<![\w_/-])URL(?![\w=_])", lambda _: self.url(), text)
        return _PORT.sub(lambda match: f"{match['before']}{self._port(match, serves=serves)}", text)

    def _port(self, match: re.Match[str], *, serves: bool) -> int:
        """A free one where the page serves there itself; else that of the reader's server."""
        if serves and match["before"].startswith("--port"):
            self._ports[match["port"]] = _free()
        return self._ports.get(match["port"]) or int(self.url().rpartition(":")[2])

    def _inside(self, text: str, stdin: str | None) -> int:
        words = shlex.split(text)
        extra: dict[str, str] = {}
        while _SET.match(words[0]):
            name, _, value = words.pop(0).partition("=")
            extra[name] = value
        before = {name: os.environ.get(name) for name in extra}
        os.environ.update(extra)
        old, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(f"{stdin}\n".encode() if stdin else b""))
        try:
            return run(words[1:])
        except SystemExit as error:
            return error.code if isinstance(error.code, int) else 1
        finally:
            sys.stdin = old
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)

    def _shell(self, text: str, stdin: str | None) -> int:
        typed = f"{stdin}\n" if stdin else ""
        # unbuffered, a program's last words would race the lines that are told of it
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        shell = ["bash", "-c", text]
        return subprocess.run(shell, input=typed, text=True, timeout=SECONDS, check=False, env=kept).returncode

    def _serve(self, command: Command, text: str) -> None:
        words = shlex.split(text.removesuffix("&"))
        process = subprocess.Popen([sys.executable, "-m", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        first = process.stdout.readline().decode()
        if not first.startswith("listening "):
            raise AssertionError(f"line {command.line}: {command.text}: {first}{_last(process)}")
        self._beside.append((command, process))
        lacking = missing(command.shown[:1], first)
        assert not lacking, f"line {command.line}: it said {first}"


def _inside(text: str) -> bool:
    words = shlex.split(text)
    while words and _SET.match(words[0]):
        words = words[1:]
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", text.partition(" -- ")[0])
    return bool(words) and words[0] == "nexdiag" and not _SHELL.search(bare)


def _last(process: subprocess.Popen[bytes]) -> str:
    _, said = process.communicate(timeout=SECONDS)
    return said.decode()


def _free() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


TUTORIAL = ROOT / "docs" / "tutorials" / "from-incident-to-regression-test.md"
AGENT = """#!/bin/sh
# An agent of one request: what it was told, to the server that OPENAI_BASE_URL names.
body='{"model": "qwen3-coder", "messages": [{"role": "user", "content": "%s"}]}'
printf "$body" "${1:-hi}" |
  curl -s "$OPENAI_BASE_URL/chat/completions" -H 'content-type: application/json' -d @- >/dev/null
echo done
"""


def programs(place: Path) -> Path:
    """A directory for PATH, where `nexdiag`, `python` and `pytest` are those of this environment."""
    place.mkdir()
    for name, words in {"nexdiag": "-m nexdiag", "python": "", "pytest": "-m pytest"}.items():
        path = place / name
        path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n')
        path.chmod(0o755)
    return place


def desk(place: Path) -> None:
    """Lay out what every page takes for granted: recordings, requests, an agent."""
    for name in ("llama.cpp", "llama-cpp-python", "stub-of-azure", "stub-of-sglang"):
        shutil.copytree(ROOT / "cassettes" / name, place / "cassettes" / name)
    five = place / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl"
    for name in ("chat", "five", "greeting"):
        shutil.copy(five, place / f"{name}.cassette.jsonl")
    shutil.copy(five, place / "passing.cassette.jsonl")
    shutil.copy(five.with_name("incident-pushed-warning.cassette.jsonl"), place / "failing.cassette.jsonl")
    lines = five.read_text().splitlines(keepends=True)
    (place / "torn.cassette.jsonl").write_text("".join(lines[:36])[:-40])
    (place / "request.json").write_text(REQUEST)
    (place / "exchanges.jsonl").write_text('{"request": ' + REQUEST.replace("\n", "") + ', "status": 200}\n')
    (place / "template.jinja").write_text(TEMPLATE)
    (place / "tokenizer_config.json").write_text(json.dumps({"chat_template": TEMPLATE, "eos_token": "</s>"}))
    (place / "task.md").write_text("Say hello.\n")
    (place / "README.md").write_text("# A project\n\nIt is green.\n")
    agent = place / "my-agent"
    agent.write_text(AGENT)
    agent.chmod(0o755)
    broken = next(one for one in story(TUTORIAL.read_text()) if isinstance(one, File))
    (place / "broken-agent").write_text(broken.text)
    (place / "examples").symlink_to(ROOT / "examples")
    (place / "tests" / "cassettes").mkdir(parents=True)
    for name in ("chat.har", "vcr.yaml", "tests/cassettes/chat.yaml"):
        assert run(["-q", "convert", str(five), str(place / name)]) == 0


REQUEST = """{
  "model": "m",
  "messages": [
    {"role": "user", "content": "Hello"},
    {"role": "user", "content": "What day is it?"},
    {"role": "assistant", "content": null, "tool_calls": [
      {"id": "call_1", "type": "function", "function": {"name": "get_day", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "call_1", "content": "Monday"}
  ],
  "tools": [{"type": "function", "function": {"name": "get_day", "parameters": {"type": "object", "properties": {}}}}]
}
"""
TEMPLATE = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{{ m.content }}{% endfor %}"
)


@contextlib.contextmanager
def staged(place: Path, told: Callable[[], tuple[str, str]]) -> Iterator[Stage]:
    """A stage that ends what it started, whatever happens."""
    stage = Stage(place, told)
    try:
        yield stage
    finally:
        stage.close()
