"""What can be typed after a slash. Each command is a row in a table: its name, how it is used, what it does.

A command gives the text to show; None ends the session. An unknown one is hinted at: nothing that begins like a
command ever reaches the model.
"""

import difflib
import json
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.agent.progress import Compacted
from nexdiag.agent.session.registry import Registry
from nexdiag.codec import chat, jsontext
from nexdiag.core.errors import NexdiagError, ToolError, UsageError
from nexdiag.core.message import Message, ToolCall
from nexdiag.runner.talker import Talker

_WORD = re.compile(r"/(\?|[A-Za-z][\w-]*)(?:\s|$)")
_SHOWN = 30
"""Sessions that are listed."""
_LARGEST = 64 * 1024**2
"""Bytes of a file that is loaded."""

Do = Callable[[Talker, list[str]], str | None]


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One slash command."""

    usage: str
    about: str
    do: Do


def is_command(text: str) -> bool:
    """Whether a line is a command: a slash and one word. `/etc/hosts is what?` is none."""
    return _WORD.match(text) is not None


def run(talker: Talker, text: str) -> str | None:
    """Run a command; the text to show, or None to end the session. Raises `NexdiagError` for what cannot be done."""
    name, _, rest = text.partition(" ")
    command = COMMANDS.get(name) or COMMANDS.get(_SHORT.get(name, ""))
    if command is None:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        return f"no such command: {name} ({meant}see /help); it was not sent to the model"
    try:
        words = shlex.split(rest) if name != "/bg" else rest.split(maxsplit=1)
    except ValueError as error:
        raise UsageError(f"{name} cannot be read: {error}", hint=f"usage: {command.usage}") from error
    return command.do(talker, words)


def _help(talker: Talker, words: list[str]) -> str:
    del talker, words
    return "\n".join(f"{command.usage:<24}{command.about}" for command in COMMANDS.values())


def _quit(talker: Talker, words: list[str]) -> None:
    del talker, words


def _clear(talker: Talker, words: list[str]) -> str:
    del words
    talker.open()
    return "a new conversation; the old one is kept" if talker.state is not None else "a new conversation"


def _tokens(talker: Talker, words: list[str]) -> str:
    del words
    usage, window = talker.usage, talker.driver.machine.limits.window
    used = talker.driver.machine.used
    of = f" of {window} ({round(100 * used / window)}%)" if window else ""
    return f"sent {usage.input_tokens}, received {usage.output_tokens}; the conversation takes about {used} tokens{of}"


def _save(talker: Talker, words: list[str]) -> str:
    path = _path(words, "/save PATH")
    written = [chat.encode_message(message) for message in talker.messages]
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(msgspec.json.format(b"[" + b",".join(written) + b"]", indent=1))
    except FileExistsError as error:
        raise UsageError(f"{path} exists", hint="name another file: nothing is overwritten") from error
    except OSError as error:
        raise NexdiagError(f"cannot write {path}: {error.strerror}", hint="name another file: /save PATH") from error
    return f"saved {len(written)} messages to {path}"


def _load(talker: Talker, words: list[str]) -> str:
    path = _path(words, "/load PATH")
    messages = _messages(path)
    talker.open(messages=messages)
    return f"loaded {len(messages)} messages into a new conversation"


def _messages(path: Path) -> list[Message]:
    """A JSON array of chat messages, without system prompts. Raises `UsageError` for a file that holds none."""
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path} is larger than {_LARGEST} bytes", hint="load a part of it")
        value = jsontext.read(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", hint="usage: /load PATH") from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}", hint="a file that /save wrote is wanted") from error
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise UsageError(f"{path} holds no array of messages", hint="a file that /save wrote is wanted")
    messages = [chat.decode_message(one) for one in value]
    return [message for message in messages if message.role not in {"system", "developer"}]


def _bg(talker: Talker, words: list[str]) -> str:
    usage = "usage: /bg run COMMAND | list | status JOB | output JOB | kill JOB | delete JOB"
    action, rest = (*words, "", "")[:2]
    if action not in {"run", "list", "status", "output", "kill", "delete"}:
        raise UsageError(f"/bg cannot do {action!r}" if action else "/bg needs a word", hint=usage)
    arguments = {"action": action} | ({"command" if action == "run" else "job": rest} if rest else {})
    return _tool(talker, "bg", arguments)


def _cancel(talker: Talker, words: list[str]) -> str:
    if len(words) != 1:
        raise UsageError("/cancel needs the id of one job", hint="usage: /cancel JOB; see: /bg list")
    return _tool(talker, "bg", {"action": "kill", "job": words[0]})


def _tool(talker: Talker, name: str, arguments: dict[str, Any]) -> str:
    tools = talker.driver.tools
    if tools is None:
        raise UsageError(f"there is no tool {name} in this conversation")
    (ran,) = talker.wait(tools.run([ToolCall(id="slash", name=name, arguments=json.dumps(arguments))]))
    if ran.is_error:
        raise ToolError(ran.output)
    return ran.output


def _compact(talker: Talker, words: list[str]) -> str:
    del words
    done = talker.wait(talker.driver.compact())
    if isinstance(done, Compacted):
        return f"compacted: about {done.before} tokens before, {done.after} now ({done.how})"
    return done


def _status(talker: Talker, words: list[str]) -> str:
    del words
    endpoint, driver = talker.crew.endpoint, talker.driver
    session = talker.conversation.directory.name if talker.conversation is not None else "not kept"
    window = driver.machine.limits.window or "unknown"
    lines = [
        f"model     {endpoint.model}",
        f"endpoint  {endpoint.base_url} ({endpoint.profile.title})",
        f"session   {session}, {driver.turns} turns, {len(talker.messages)} messages",
        f"window    {window} tokens, answers up to {driver.machine.limits.reserve}",
    ]
    return "\n".join(lines)


def _sessions(talker: Talker, words: list[str]) -> str:
    if talker.state is None:
        raise UsageError("no sessions are kept here", hint="set up a state directory: nexdiag init -m MODEL -e URL")
    found = Registry(talker.state).find(words[0] if words else "")
    lines = [f"{session.id}  {session.kind:<12} {', '.join(session.aliases)}" for session in found[:_SHOWN]]
    more = [f"... and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "\n".join([*lines, *more]) or "no sessions"


def _resume(talker: Talker, words: list[str]) -> str:
    if not words:
        return _sessions(talker, words)
    if talker.state is None:
        raise UsageError("no sessions are kept here", hint="set up a state directory: nexdiag init -m MODEL -e URL")
    talker.open(words[0])
    return f"resumed {words[0]}: {len(talker.messages)} messages"


def _fork(talker: Talker, words: list[str]) -> str:
    if talker.conversation is None or talker.state is None:
        raise UsageError("no session is kept here, so there is none to fork", hint="see: nexdiag init")
    registry = Registry(talker.state)
    origin = registry.resolve(talker.conversation.directory.name)
    fork, _ = registry.fork(origin.id, words[0] if words else None)
    talker.open(fork.id)
    return f"forked: this is {fork.aliases[0] if fork.aliases else fork.id} now; the other is kept"


def _path(words: list[str], usage: str) -> Path:
    if len(words) != 1:
        raise UsageError("one path is wanted", hint=f"usage: {usage}")
    return Path(words[0]).expanduser()


_ROWS: tuple[tuple[str, str, Do], ...] = (
    ("/help", "what can be typed", _help),
    ("/status", "model, endpoint, session, window", _status),
    ("/tokens", "what was sent and received, how full the window is", _tokens),
    ("/compact", "make the conversation shorter", _compact),
    ("/clear", "begin a new conversation; the old one is kept", _clear),
    ("/save PATH", "write the conversation as JSON", _save),
    ("/load PATH", "begin a new conversation with those messages", _load),
    ("/sessions [PATTERN]", "list the sessions that are kept", _sessions),
    ("/resume [SESSION]", "go on with another session; without a name, list them", _resume),
    ("/fork [ALIAS]", "go on in a copy of this session", _fork),
    ("/bg ACTION [JOB]", "background jobs: run, list, status, output, kill, delete", _bg),
    ("/cancel JOB", "end a background job", _cancel),
    ("/quit", "end the session", _quit),
)
COMMANDS: dict[str, Command] = {
    usage.split()[0]: Command(usage=usage, about=about, do=do) for usage, about, do in _ROWS
}
_SHORT = {"/?": "/help", "/exit": "/quit"}
