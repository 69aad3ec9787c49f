"""What differs between two CLIs: how they are called, and what their lines mean. Pure.

Law: whatever a CLI prints is read or passed over; nothing in it raises.
"""

import re
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from nexdiag.agent.progress import Progress
from nexdiag.codec import jsontext
from nexdiag.codec.chat.error import visible, words_of
from nexdiag.core.message import Usage

_SHOWN = 500
_LOGIN = re.compile(r"not logged in|/login|\b401\b|unauthorized|invalid api key|authenticat", re.IGNORECASE)


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """The CLI has run one of its tools."""

    call_id: str
    name: str
    arguments: str
    output: str
    is_error: bool = False


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn is called with; what is said comes on stdin."""

    model: str | None = None
    session: str | None = None
    """The CLI's own session, to go on with."""
    base_url: str | None = None
    """Where its model is to be asked, if the environment says so and the CLI does not look there by itself."""
    key_variable: str | None = None
    """The variable that holds the key for it."""
    arguments: tuple[str, ...] = ()
    """More of them, from whoever made the executor."""


class Reader(Protocol):
    """Reads the lines of one turn."""

    session: str | None
    """As soon as the CLI has told it."""
    reply: str | None
    """The last words of the model, so far."""
    finished: bool
    """The CLI has said that its turn is over, and well."""
    failure: str | None
    """What it said is wrong."""
    usage: Usage
    """Of this turn."""
    total: Usage
    """Of the session, where that is what the CLI counts."""
    used: int
    """Tokens of the window that the next request takes, estimated."""
    window: int | None

    def read(self, line: bytes) -> "Sequence[Progress | Ran]":
        """What one line tells. Raises nothing; a line that is no JSON object tells nothing."""


class Dialect(Protocol):
    """One CLI."""

    @property
    def program(self) -> str:
        """As it is called."""

    @property
    def install(self) -> str:
        """How a user gets it."""

    @property
    def login(self) -> str:
        """How a user logs in."""

    def command(self, program: str, call: Call) -> list[str]:
        """The command line."""

    def reader(self, before: Usage) -> Reader:
        """A reader for one turn of a session that had used `before`."""

    def lost(self, words: str) -> bool:
        """Whether these words say that there is no such session any more."""


def fields(line: bytes) -> dict[str, Any]:
    """The object of the line; an empty one for anything else."""
    try:
        value = jsontext.read(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def part(value: object, *keys: str) -> Any:  # noqa: ANN401 - JSON is anything
    """What stands under these keys, one within the other; None where there is nothing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text(value: object) -> str:
    """The text, or an empty one for what is none."""
    return value if isinstance(value, str) else ""


def count(value: object) -> int:
    """The number of tokens; zero for what cannot be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53 else 0


def compact(value: object) -> str:
    """The value as JSON text: what a tool was called with."""
    try:
        return jsontext.write(value).decode()
    except (ValueError, TypeError):
        return "{}"


def words(text: str) -> str:
    """One line of what a CLI or the server behind it said: the message of a JSON body, nothing a terminal obeys."""
    try:
        said = words_of(jsontext.read(text)) if text.lstrip()[:1] in ("{", "[") else ""
    except ValueError:
        said = ""
    line = visible(" ".join((said or text).split()))
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def why(dialect: Dialect, reader: Reader, *, code: str, errors: str, garbage: str) -> str | None:
    """Why there is no answer, in one line; None if there is one.

    An answer is one if the CLI said that its turn is over: half of one is none.
    """
    name = dialect.program
    if reader.failure is None and reader.finished and reader.reply:
        return None
    if reader.failure is not None:
        line = f"{name}: {words(reader.failure) or 'failed, and does not say why'}"
    else:
        how = "without an answer" if code == "0" else f"with exit code {code}"
        last = words(_last_words(errors) or garbage)
        line = f"{name} ended {how}: {last}" if last else f"{name} ended {how}, without a word"
    return f"{line} (log in with: {dialect.login})" if _LOGIN.search(line) else line


def _last_words(errors: str) -> str:
    """The line of stderr that says what is wrong: the last that begins with it, else the last."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"(fatal|error)\b", line, re.IGNORECASE)]
    return (named or lines or [""])[-1]
