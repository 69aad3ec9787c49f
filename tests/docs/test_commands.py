"""docs/reference/commands.md, from the commands themselves. Run as a program, it writes it.

    python tests/docs/test_commands.py

Its examples are those of `--help`, and tests/docs/test_told.py runs them.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from nexdiag.cli.app import app
from nexdiag.core import errors

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"
STALE = "run: python tests/docs/test_commands.py"
_NEXT = re.compile(r"; (?:[a-z ]+: )?(?=nexdiag )")
_ASIDE = re.compile(r"(?:;? \(or [^)]*\)|; then .*)$")
_TOP = """# Commands

Written by `tests/docs/test_commands.py` from the commands themselves: what stands here is what `--help` says. Every
example is run by a test. Behind `--`, the words are another program's command line, and `-` as a file is stdin.

## Exit codes

| code | is |
|---|---|
| 0 | done; nothing of weight was found |
"""
_AFTER = """| 130 | ended by Ctrl-C; 128 and the signal's number for others |

`nexdiag capture -- COMMAND` ends as the command does, and `nexdiag replay -- COMMAND` as well where the replay itself
has nothing to say. The last line on stderr is always an error's hint, or what to do next.
"""


def page() -> str:
    """The whole page."""
    group: Any = typer.main.get_command(app)
    parts = [_TOP + "".join(_codes()) + _AFTER, *_options("nexdiag", group, "Before every command\n\n")]
    for name, command in _commands("nexdiag", group):
        parts += _section(name, command)
    return "\n".join(parts)


def _codes() -> Iterator[str]:
    yield "| 1 | something of weight was found: an error or a warning, a difference, a test that did not hold |\n"
    for kind in (errors.UsageError, errors.NexdiagError, errors.NothingToDo):
        told = (kind.__doc__ or "").partition("\n")[0].rstrip(".")
        found = {errors.NexdiagError: "what was asked for could not be done: no server, no daemon, a file"}.get(
            kind, told
        )
        yield f"| {kind.exit_code} | {found[0].lower()}{found[1:]} |\n"


def _commands(name: str, group: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - click's own, which typer hides
    for child, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(f"{name} {child}", command)
        else:
            yield f"{name} {child}", command


def _section(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    yield f"## {name}\n"
    yield " ".join((command.help or "").split()) + "\n"
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    words = [f"[{one.name.upper()}{'...' if one.nargs == -1 else ''}]" for one in arguments]
    yield "```text\n" + " ".join([name, "[--options]", *words]) + "\n```\n"
    found = examples(command.epilog or "")
    if found:
        yield "```console\n" + "\n".join(found) + "\n```\n"
    for one in arguments:
        yield f"`{one.name.upper()}`: {_told(one)}\n"
    yield from _options(name, command, "")


def _options(name: str, command: Any, above: str) -> Iterator[str]:  # noqa: ANN401 - as above
    del name
    rows = [_row(one) for one in command.params if one.param_type_name == "option" and "--help" not in one.opts]
    if rows:
        title = f"## {above}" if above else ""
        yield title + "| option | default | is |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _row(option: Any) -> str:  # noqa: ANN401 - as above
    names = ", ".join(f"`{one}`" for one in (*option.opts, *option.secondary_opts))
    takes = "" if getattr(option, "is_flag", False) or option.count else f" {_takes(option)}"
    repeated = " Repeatable." if option.multiple and "Repeatable" not in _told(option) else ""
    return f"| {names}{takes} | {_default(option)} | {_told(option)}{repeated} |"


def _takes(option: Any) -> str:  # noqa: ANN401 - as above
    choices = getattr(option.type, "choices", None)
    if choices is not None:
        return ", ".join(str(getattr(one, "value", one)) for one in choices)
    return option.metavar or option.opts[-1].lstrip("-").upper().replace("-", "_")


def _default(option: Any) -> str:  # noqa: ANN401 - as above
    value = option.default
    if value in (None, False, "", ()) or callable(value) or option.count:
        return ""
    return f"`{getattr(value, 'value', value)}`"


def _told(parameter: Any) -> str:  # noqa: ANN401 - as above
    return " ".join((parameter.help or "").replace("|", "\\|").replace("<", "&lt;").split())


def examples(epilog: str) -> list[str]:
    """The commands of `Example: a; or: b`, each by itself."""
    return [
        _ASIDE.sub("", one).rstrip(".") for one in _NEXT.split(epilog.removeprefix("Example: ")) if "nexdiag" in one
    ]


def test_the_page_is_that_of_the_commands() -> None:
    """What the reference says is what the commands say."""
    assert PAGE.read_text(encoding="utf-8") == page(), STALE


def test_every_command_has_an_example_and_every_option_its_words() -> None:
    """Nobody meets a command without one that runs, nor an option that says nothing."""
    group: Any = typer.main.get_command(app)
    for name, command in _commands("nexdiag", group):
        assert [one for one in examples(command.epilog or "") if one.startswith(name)], name
        assert all(_told(one) for one in command.params if "--help" not in one.opts), name


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
