"""Settings: what a project, its user and the environment have set for a command, below what its flags say.

    NEXDIAG_REPLAY_MATCH=turn  >  nexdiag.toml  >  [tool.nexdiag] in pyproject.toml  >  ~/.config/nexdiag/nexdiag.toml

Each key is taken from the first place that has it. The files are the nearest upwards from the current directory.

Law: a key that is not known is an error that names its file and line: a setting that is misspelt must not count as
none. This module costs a start-up nothing: what reads TOML is imported where there is some.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.core.errors import NexdiagError, UsageError

FILE = "nexdiag.toml"
_PYPROJECT = "pyproject.toml"
_PREFIX = "NEXDIAG"
_LARGEST = 2**20
"""Bytes of a file of settings."""
_HEADER = re.compile(r"\s*\[\[?\s*([^\]]*?)\s*\]\]?\s*(?:#.*)?")
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """The `[replay]` table; None for what nobody has set."""

    ignore: tuple[str, ...] | None = None
    """Rules of what does not count in a request."""
    match: str | None = None
    speed: float | str | None = None
    split: str | None = None
    max_age: float | str | None = None
    expired: str | None = None
    jobs: int | None = None
    unplayed: bool | None = None


class Lint(msgspec.Struct, frozen=True, kw_only=True):
    """The `[lint]` table; None for what nobody has set."""

    select: tuple[str, ...] | None = None
    """Rules that are wanted; all without it."""
    ignore: tuple[str, ...] | None = None
    """Rules that are not wanted."""
    profile: str | None = None
    per_path_ignores: dict[str, tuple[str, ...]] | None = None
    """Rules that are not wanted in the files whose path fits a pattern."""


_TABLES: dict[str, type[msgspec.Struct]] = {"replay": Replay, "lint": Lint}
"""Tables that there are. Another command's settings are one more struct here, and a function as `replay_defaults`."""
_CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "replay": {
        "match": ("exact", "prefix", "turn"),
        "split": ("recorded", "whole", "byte", "utf8", "data"),
        "expired": ("warn", "fail"),
    }
}


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    """One place that says something of a table."""

    name: str
    values: dict[str, Any]
    line: Callable[[str], str]
    """Where a key stands in it: `:3`, or nothing."""


def replay_defaults(environ: Mapping[str, str], directory: Path) -> Replay:
    """What is set for `nexdiag replay`, seen from a directory.

    Raises `UsageError` for a key, table or value that there is not, with file and line; `NexdiagError` for a file that
    cannot be read.
    """
    found = _table("replay", environ, directory)
    return Replay(**found)


def lint_defaults(environ: Mapping[str, str], directory: Path) -> Lint:
    """The same for `nexdiag lint`. Raises as `replay_defaults`."""
    return Lint(**_table("lint", environ, directory))


def _table(table: str, environ: Mapping[str, str], directory: Path) -> dict[str, Any]:
    kind = _TABLES[table]
    merged: dict[str, Any] = {}
    for source in (_environment(table, kind, environ), *_files(table, environ, directory)):
        for key, value in source.values.items():
            where = f"{source.name}{source.line(key)}"
            checked = _checked(table, key, value, where)
            if table == "lint":
                _known(key, checked, where)
            merged.setdefault(key, checked)
    return merged


def _environment(table: str, kind: type[msgspec.Struct], environ: Mapping[str, str]) -> _Source:
    """`NEXDIAG_REPLAY_MATCH=turn`; of a list, an entry a line. What is empty is not set."""
    prefix = f"{_PREFIX}_{table.upper()}_"
    values = {name[len(prefix) :].lower(): text for name, text in environ.items() if name.startswith(prefix) and text}
    for key in values:
        if key not in kind.__struct_fields__:
            raise _unknown(f"the environment names {prefix}{key.upper()}, and {table}", key, kind.__struct_fields__)
    return _Source(name="", values=values, line=lambda key: prefix + key.upper())


def _files(table: str, environ: Mapping[str, str], directory: Path) -> list[_Source]:
    """The files that there are, the strongest first."""
    places = (directory, *directory.absolute().parents)
    own = next((place / FILE for place in places if (place / FILE).is_file()), None)
    sources = [_of_file(own, table, _read(own))] if own is not None else []
    for place in places:
        path = place / _PYPROJECT
        if path.is_file() and "tool.nexdiag" in (text := _text(path)):
            value = _parsed(path, text).get("tool", {})
            ours = value.get("nexdiag") if isinstance(value, dict) else None
            if isinstance(ours, dict):
                sources.append(_of_file(path, table, ours, within="tool.nexdiag."))
                break
    user = user_file(environ)
    if user is not None and user.is_file():
        sources.append(_of_file(user, table, _read(user)))
    return sources


def user_file(environ: Mapping[str, str]) -> Path | None:
    """Where the user's own settings are; None without a home."""
    home = environ.get("HOME")
    base = environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    return Path(base) / "nexdiag" / FILE if base else None


def _of_file(path: Path, table: str, content: dict[str, Any], *, within: str = "") -> _Source:
    text = _text(path)
    for name in content:
        if name not in _TABLES:
            where = f"{path}{_line_of(text, within.rstrip('.'), name)}"
            raise _unknown(f"{where} is not valid: it", name, tuple(_TABLES), what_kind="table")
    values = content.get(table, {})
    if not isinstance(values, dict):
        raise UsageError(f"{path} is not valid: {table} is no table", hint=f"write [{within}{table}]")
    fields = _TABLES[table].__struct_fields__
    for key in values:
        if key not in fields:
            where = f"{path}{_line_of(text, within + table, key)}"
            raise _unknown(f"{where} is not valid: [{within}{table}]", key, fields)
    return _Source(name=str(path), values=values, line=lambda key: _line_of(text, within + table, key))


def _checked(table: str, key: str, value: Any, where: str) -> Any:  # noqa: ANN401 - a value of any kind
    """The value as the setting wants it. Raises `UsageError`."""
    wanted = _CHOICES.get(table, {}).get(key)
    if wanted is not None:
        if value in wanted:
            return value
        near = difflib.get_close_matches(str(value), wanted, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"{where}: {key} {_shown(value)} is not known", hint=f"{meant}it is one of: {_listed(wanted)}")
    make, words = _KINDS[key]
    try:
        return make(value)
    except (TypeError, ValueError, UsageError) as error:
        hint = "see docs/reference/settings.md"
        raise UsageError(f"{where}: {key} must be {words}, found {_shown(value)}", hint=hint) from error


def _known(key: str, value: Any, where: str) -> None:  # noqa: ANN401 - a value of any kind
    """Raise `UsageError` where a setting of lint names a rule or a profile that there is not."""
    from nexdiag.lint import profiles, rules  # noqa: PLC0415 - start-up: only lint needs them

    try:
        if key == "profile":
            profiles.named(value)
        else:
            rules.chosen(
                tuple(word for words in (value.values() if isinstance(value, dict) else [value]) for word in words)
            )
    except UsageError as error:
        raise UsageError(f"{where}: {key}: {error.what}", hint=error.hint) from error


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - a value of any kind
    entries = value.splitlines() if isinstance(value, str) else value
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise TypeError
    return tuple(entry for entry in entries if entry.strip())


def _text_of(value: Any) -> str:  # noqa: ANN401 - a value of any kind
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts_by_path(value: Any) -> dict[str, tuple[str, ...]]:  # noqa: ANN401 - a value of any kind
    if not isinstance(value, dict):
        raise TypeError
    return {path: _texts(entries) for path, entries in value.items()}


def _speed(value: Any) -> float | str:  # noqa: ANN401 - a value of any kind
    if value == "max":
        return "max"
    speed = float(value)
    if isinstance(value, bool) or not 0 < speed < float("inf"):
        raise ValueError
    return speed


def _age(value: Any) -> float:  # noqa: ANN401 - a value of any kind
    from nexdiag.runner.replaying.age import seconds_of  # noqa: PLC0415 - start-up: few set it

    return seconds_of(value)


def _count(value: Any) -> int:  # noqa: ANN401 - a value of any kind
    if isinstance(value, bool | float) or int(value) < 0:
        raise ValueError
    return int(value)


def _flag(value: Any) -> bool:  # noqa: ANN401 - a value of any kind
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word not in _TRUE + _FALSE:
        raise ValueError
    return word in _TRUE


_KINDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "ignore": (_texts, "a list of rules"),
    "select": (_texts, "a list of rules"),
    "profile": (_text_of, "the name of a server's profile"),
    "per_path_ignores": (_texts_by_path, "a table: a list of rules for each pattern of paths"),
    "speed": (_speed, '"max" or a number above 0'),
    "max_age": (_age, "an age such as 30d, 12h, 2w, or a number of seconds"),
    "jobs": (_count, "a number, 0 for as many as there are cores"),
    "unplayed": (_flag, "true or false"),
}


def _read(path: Path) -> dict[str, Any]:
    return _parsed(path, _text(path))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise UsageError(f"{path} is longer than {_LARGEST} bytes", hint="it is read for settings alone")
        return raw.decode()
    except OSError as error:
        raise NexdiagError(f"{path} cannot be read: {error.strerror}", hint="look at its owner and mode") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not valid: byte {error.start} is not UTF-8", hint="mend that place") from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - start-up: most directories have no settings

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not valid: {error}", hint="mend that line") from error


def _line_of(text: str, table: str, key: str) -> str:
    """`:3` where a key (or table) stands on line 3; nothing where it is written in a way that is not looked for."""
    wanted = f"{table}.{key}" if table else key
    here = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.fullmatch(line)
        if header is not None:
            here = header[1].replace('"', "").replace("'", "").replace(" ", "")
            found = here == wanted or here.startswith(f"{wanted}.")
        else:
            name = line.partition("=")[0].strip().replace('"', "").replace("'", "").replace(" ", "")
            said = f"{here}.{name}" if here else name
            found = "=" in line and (said == wanted or said.startswith(f"{wanted}."))
        if found:
            return f":{number}"
    return ""


def _unknown(what: str, name: str, known: tuple[str, ...], *, what_kind: str = "key") -> UsageError:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the {what_kind}s are: {_listed(known)}"
    return UsageError(f"{what} has no {what_kind} {_shown(name)}", hint=hint)


def _shown(value: object) -> str:
    return ascii(value)[:80]


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)
