"""A page of the documentation as a story: the commands that stand in it, in order, and what it says comes of them.

A block of commands is fenced as ```console. In it a line is a command (with `$ ` before it, if the block shows output
as well); what a ```text block right behind it shows is its output. What a reader has beside the page stands in an HTML
comment, which no reader sees:

    <!-- test: given: nexdiag capture -- ./my-agent "hello" -->    was done before
    <!-- test: file: agent.py -->                                   the next block is this file
    <!-- test: patch: agent.py -->                                  the next block is a diff to it
    <!-- test: exit: 1 -->                                          how the next block's commands end; or 0 1 0
    <!-- test: like: sglang -->                                     what answers where the page says there is a server
    <!-- test: stdin: /quit -->                                     what is typed into the next block's commands
    <!-- test: not run: it needs a key of a vendor -->              the next block
    <!-- test: not run tui: it wants a terminal -->                 its lines with that word; `=words` the whole line
    <!-- test: needs: node -->                                      where there is none, the next block is not run
    <!-- test: unchecked: words of a real model -->                 what the next block shows is not compared

Law: nothing is run here.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>[\w-]*)[^\n]*$")
_DIRECTIVE = re.compile(r"<!-- test: (?P<key>not run[^:]*|[a-z]+): (?P<value>.*?) *-->", re.DOTALL)
_COMMENT = re.compile(r"\s{2,}#\s.*$")
COMMANDS = ("console", "sh", "bash", "shell")
_LOOKS = re.compile(r"(\$ |nexdiag [a-z]|pytest |curl )")


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A fenced block, and what the comments before it say of it."""

    line: int
    language: str
    lines: tuple[str, ...]
    said: tuple[tuple[str, str], ...] = ()
    follows: bool = False
    """Whether it stands right behind the block before it, or behind a sentence that ends in a colon."""

    def first(self, key: str) -> str | None:
        """What a comment says, if one does."""
        return next((value for name, value in self.said if name == key), None)


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One line to type, and what the page promises of it."""

    line: int
    text: str
    exit: int = 0
    shown: tuple[str, ...] = ()
    stdin: str | None = None
    unrun: str | None = None
    """Why it cannot be run here."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the page tells its reader to write."""

    name: str
    text: str


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """A change to a file that the page shows as a diff."""

    name: str
    lines: tuple[str, ...]

    def made(self, text: str) -> str:
        """The file with it; the place must be there once."""
        old = "\n".join(line[1:] for line in self.lines if line[:1] != "+")
        new = "\n".join(line[1:] for line in self.lines if line[:1] != "-")
        assert text.count(old) == 1, f"{self.name} has not once: {old}"
        return text.replace(old, new)


class Like(msgspec.Struct, frozen=True, kw_only=True):
    """From here on the reader's server is one like this."""

    profile: str


Happens = Command | File | Patch | Like


def documented() -> list[Path]:
    """Every page, but those of the rules, whose examples have a test of their own."""
    found = [ROOT / "README.md", ROOT / "examples" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path for path in found if "rules" not in path.parts]


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page, each with the comments since the one before it."""
    prose: list[str] = []
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        opened = _FENCE.match(line)
        if opened is None:
            prose.append(line)
            continue
        between = "\n".join(prose)
        said = _said(between)
        words = _DIRECTIVE.sub("", between).strip()
        prose = []
        body: list[str] = []
        for _, inner in lines:
            if inner.strip() == opened["ticks"]:
                break
            body.append(inner.removeprefix(opened["indent"]))
        yield Block(
            line=number, language=opened["language"], lines=tuple(body), said=tuple(said), follows=_leads(words)
        )
    left = _said("\n".join(prose))
    if left:
        yield Block(line=0, language="", lines=(), said=tuple(left))


def _bare(line: str) -> str:
    return _COMMENT.sub("", line)


def _said(text: str) -> list[tuple[str, str]]:
    return [(one["key"], one["value"].strip()) for one in _DIRECTIVE.finditer(text)]


def _leads(words: str) -> bool:
    return not words or (words.endswith(":") and "\n\n" not in words)


def story(text: str, asides: Mapping[str, str] = MappingProxyType({})) -> list[Happens]:
    """What a page does, top to end; `asides` are comments that stand beside it: of a block's first line, words.

    Raises AssertionError for an aside that belongs to no block.
    """
    done: list[Happens] = []
    found = list(blocks(text))
    language = ""
    firsts = {_bare(block.lines[0]) for block in found if block.lines}
    assert set(asides) <= firsts, set(asides) - firsts
    for plain in found:
        more = asides.get(_bare(plain.lines[0]), "") if plain.lines else ""
        block = msgspec.structs.replace(plain, said=(*plain.said, *_said(more)))
        for key, value in block.said:
            if key == "given":
                done.append(Command(line=block.line, text=value))
            elif key == "like":
                done.append(Like(profile=value))
        name = block.first("file")
        if name is not None:
            done.append(File(name=name, text="\n".join((*block.lines, ""))))
        elif (patched := block.first("patch")) is not None:
            done.append(Patch(name=patched, lines=block.lines))
        elif block.language in COMMANDS:
            done += _commands(block)
        elif language in (*COMMANDS, "text") and _output(block, done):
            last = done.pop()
            assert isinstance(last, Command)
            done.append(msgspec.structs.replace(last, shown=(*last.shown, *block.lines)))
        language = block.language
    return done


def _output(block: Block, done: list[Happens]) -> bool:
    shows = block.language == "text" and block.follows and block.first("unchecked") is None
    return shows and bool(done) and isinstance(done[-1], Command)


def _commands(block: Block) -> Iterator[Command]:
    typed = list(_typed(block))
    codes = [int(code) for code in (block.first("exit") or "0").split()]
    codes = codes * len(typed) if len(codes) == 1 else codes
    if len(codes) != len(typed):
        raise AssertionError(f"line {block.line}: {len(typed)} commands, {len(codes)} exit codes")
    for (number, text, shown), code in zip(typed, codes, strict=True):
        unrun = next((why for key, why in block.said if _means(key, text)), None)
        needed = block.first("needs")
        if needed is not None and shutil.which(needed) is None:
            unrun = f"{needed} is not on this machine"
        yield Command(line=number, text=text, exit=code, shown=shown, stdin=block.first("stdin"), unrun=unrun)


def _means(key: str, text: str) -> bool:
    word = key.removeprefix("not run").strip()
    return key.startswith("not run") and (word[1:] == text if word.startswith("=") else word in text)


def _typed(block: Block) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """The commands of a block with the lines of output behind each."""
    transcript = any(line.startswith("$ ") for line in block.lines)
    waiting: tuple[int, str] | None = None
    shown: list[str] = []
    continued = ""
    for number, line in enumerate(block.lines, start=block.line + 1):
        if transcript and not line.startswith("$ ") and not continued:
            shown.append(line)
            continue
        text = continued + _COMMENT.sub("", line.removeprefix("$ ")).strip()
        continued = text.removesuffix("\\") + " " if text.endswith(("\\", "|")) else ""
        if continued or not text or text.startswith("#"):
            continue
        if waiting is not None:
            yield (*waiting, tuple(shown))
        waiting, shown = (number, text), []
    if waiting is not None:
        yield (*waiting, tuple(shown))


def unfenced(text: str) -> list[str]:
    """Commands that stand in a block which is not fenced as one: nobody would run them. A synopsis has brackets."""
    return [
        f"line {block.line}: {line}"
        for block in blocks(text)
        if block.language in ("", "text") and "[--" not in "".join(block.lines)
        for line in block.lines
        if _LOOKS.match(line)
    ]
