"""The words of a wrapped command: what its recording is called, and its command line without secrets. Pure."""

import re
import shlex
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import PurePath

from nexdiag.capture.redaction.secrets import mark
from nexdiag.runner.place import name_of

_HIDDEN = r"(?:key|token|secret|passwd|password|passphrase|credentials?|cookie|authorization|bearer)"
_NAME = rf"[\w.-]{{0,40}}{_HIDDEN}"
_SUSPECT = re.compile(rf"{_HIDDEN}[\"']?[ \t]*[=:]", re.IGNORECASE)
_OPTION = re.compile(rf"--?{_NAME}", re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"""(?P<name>{_NAME}["']?[ \t]*[=:][ \t]*["']?(?:(?:basic|bearer|token)[ ]+)?)(?P<value>[^\s"',;&}}]+)""",
    re.IGNORECASE,
)
_HEADER = re.compile(rf"({_NAME}[ \t]*:[ \t]*)(.+)", re.IGNORECASE | re.DOTALL)
_HEADERS = ("-H", "--header")
_LOGIN = ("-u", "--user")
"""Of curl and wget: what follows is USER:PASSWORD."""
_MYSQL = re.compile(r"(?:mysql|mariadb)(?:dump|admin|import|show|check|-\w+)?")
"""Of these, the password stands right behind `-p`."""
_CODE = ("-c", "-e", "--eval", "-p", "--print")
"""What follows is a program, or a setting: a poor name."""
_OPENERS = re.compile(
    r"(?:python|pypy|ruby|perl|php)[\d.]*|node|bun|bunx|deno|npx|npm|pnpm|yarn|uv|uvx|pipx|poetry|pdm|hatch|run|exec|env"
    r"|sudo|time|timeout|nice|nohup|stdbuf|bash|sh|zsh|fish|dash|cargo|go"
)
"""What only starts another program."""
_NUMBER = re.compile(r"[\d.]+[smhd]?")
_LONGEST = 60


def title(command: Sequence[str], redact: Callable[[str], str] = str) -> str:
    """`fix-the-failing-test` for `./my-agent "fix the failing test"`; else the name of the program that does the work.

    What `redact` would change names no file.
    """
    shown = masked(command)
    clean = [word if redact(word) == word == safe else "" for word, safe in zip(command, shown, strict=True)]
    for before, word in reversed(list(pairwise(clean))):
        said = _named(word) if " " in word.strip() and before not in _CODE and not _flag(before, word) else ""
        if said:
            return said
    return next(filter(None, map(_program, _programs(clean))), "") or _program(clean[0]) or "recording"


def text(command: Sequence[str], redact: Callable[[str], str] = str) -> str:
    """The command line as a shell would take it, without secrets."""
    return shlex.join(redact(word) for word in masked(command))


def masked(command: Sequence[str]) -> list[str]:
    """The words without the values whose names say that they are secret: `--api-key X`, `TOKEN=X`, `x-api-key: X`."""
    words: list[str] = []
    before = ""
    joined = any(_MYSQL.fullmatch(PurePath(word).name) for word in command)
    for word in command:
        if joined and word.startswith("-p") and len(word) > len("-p"):
            words.append("-p" + _mark(word[2:]))
        elif before in _LOGIN and ":" in word and "://" not in word:
            user, _, password = word.partition(":")
            words.append(f"{user}:{_mark(password)}")
        elif before in _HEADERS and (header := _HEADER.fullmatch(word)):
            words.append(header[1] + _mark(header[2]))
        elif _OPTION.fullmatch(before) and not word.startswith("-"):
            words.append(_mark(word))
        elif _SUSPECT.search(word) is None:  # the look below is slow, and a word may be a whole file
            words.append(word)
        else:
            words.append(_ASSIGNED.sub(lambda found: found["name"] + _mark(found["value"]), word))
        before = word
    return words


def _mark(value: str) -> str:
    return mark(value.encode(errors="surrogatepass")) if value else value


def _flag(before: str, word: str) -> bool:
    """Whether a word is an option itself, or the value of one that bears a header."""
    return word.startswith("-") or before in _HEADERS


def _programs(words: Sequence[str]) -> list[str]:
    """The words that may name the program, in their order: no options, no values, nothing that only starts another."""
    found = []
    for before, word in zip(("", *words), words, strict=False):
        named = not word.startswith("-") and "=" not in word and before not in _CODE and " " not in word.strip()
        if word and named and not _OPENERS.fullmatch(PurePath(word).name) and not _NUMBER.fullmatch(word):
            found.append(word)
    return found


def _program(word: str) -> str:
    path = PurePath(word)
    return _named(path.stem if path.suffix in (".py", ".sh", ".js", ".mjs", ".ts", ".rb", ".pl") else path.name)


def _named(said: str) -> str:
    return name_of(said.lower(), longest=_LONGEST)
