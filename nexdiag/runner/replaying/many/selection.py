"""Which recordings are meant: files, directories, globs and names; `--only`, and a share of them.

Law: a recording is played once, whatever names it. Each is in exactly one shard, and its path alone decides in which:
a file more in somebody's checkout, or another order of a listing, cannot take a recording from all shards.
"""

import difflib
import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path, PurePosixPath

import msgspec

from nexdiag.core.cassette import SUFFIX
from nexdiag.core.errors import CassetteError, NexdiagError, NothingToDo, UsageError
from nexdiag.report.wording import count
from nexdiag.runner.load import STDIN

_GLOB = "*?["
_NEAR = 3
_ROOT = Path("cassettes")
"""Where recordings are looked for by name."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A recording to replay, or why a path that was named is none."""

    path: str
    error: NexdiagError | None = None

    @property
    def name(self) -> str:
        """The file's name without what all recordings end with."""
        return PurePosixPath(self.path).name.removesuffix(SUFFIX)


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """One share of several."""

    number: int
    """From 1."""
    of: int

    def has(self, path: str, *, base: str | None = None) -> bool:
        """Whether a recording is in it. `base`: the directory from which the path is told, the working one."""
        key = os.path.relpath(path, base).encode("utf-8", "surrogateescape")
        return int.from_bytes(blake2b(key, digest_size=8).digest()) % self.of == self.number - 1

    def __str__(self) -> str:
        """As it is typed."""
        return f"{self.number}/{self.of}"


def shard_of(typed: str) -> Shard:
    """`2/3`: the second of three. Raises `UsageError`."""
    number, _, of = typed.partition("/")
    if not (number.isascii() and number.isdigit() and of.isascii() and of.isdigit() and len(typed) < 20):  # noqa: PLR2004 - no number of shards is longer
        raise UsageError(f"--shard wants a number and how many there are, found {typed!r}", hint="--shard 2/3")
    if not 1 <= int(number) <= int(of):
        raise UsageError(f"--shard {typed}: there is no such share", hint=f"the first is 1/{of}, the last {of}/{of}")
    return Shard(number=int(number), of=int(of))


def select(paths: Sequence[Path], *, only: Sequence[str] = ()) -> list[Chosen]:
    """What is meant, each once, in the order named. Raises `NothingToDo` where `only` leaves nothing."""
    found = list(_once(one for path in paths for one in _expanded(path)))
    if not only:
        return found
    kept = [one for one in found if _wanted(one, only)]
    if not any(one.error is None for one in kept):
        raise _nothing(found, only)
    return kept


def _once(found: Iterable[Chosen]) -> Iterator[Chosen]:
    seen: set[str] = set()
    for one in found:
        key = os.path.realpath(one.path) if one.error is None else one.path
        if key not in seen:
            seen.add(key)
            yield one


def _expanded(path: Path) -> Iterator[Chosen]:
    """What one name stands for. A name that is a file's, whatever signs are in it, is no glob."""
    try:
        if str(path) == STDIN:
            yield Chosen(path=STDIN)
        elif path.is_dir():
            yield from _below(path)
        elif path.exists():
            yield Chosen(path=str(path))
        elif any(sign in str(path) for sign in _GLOB):
            yield from _globbed(path)
        else:
            yield from _named(path)
    except (OSError, ValueError) as error:  # a name that no file system takes
        what = f"{path} cannot be looked for: {getattr(error, 'strerror', None) or error}"
        yield Chosen(path=str(path), error=CassetteError(what, hint="name a cassette, or a directory of them"))


def _below(directory: Path) -> Iterator[Chosen]:
    files = [path for path in sorted(directory.rglob(f"*{SUFFIX}")) if not path.is_dir()]
    yield from (Chosen(path=str(path)) for path in files)
    if not files:
        error = NothingToDo(f"no {SUFFIX} file below {directory}", hint="record one with: nexdiag capture")
        yield Chosen(path=str(directory), error=error)


def _globbed(pattern: Path) -> Iterator[Chosen]:
    """As a shell that knows `**`. A pattern without a slash also finds recordings by their names."""
    anchor = Path(pattern.anchor)
    found = sorted(anchor.glob(str(pattern.relative_to(anchor))))
    if not found and len(pattern.parts) == 1:
        found = [path for path in sorted(_ROOT.rglob(f"*{SUFFIX}")) if fnmatchcase(_stem(path), pattern.name)]
    for path in found:
        if path.is_dir():
            yield from (one for one in _below(path) if one.error is None)
        else:
            yield Chosen(path=str(path))
    if not found:
        error = NothingToDo(f"no recording matches {pattern}", hint="it is matched as a shell does; ** is any depth")
        yield Chosen(path=str(pattern), error=error)


def _named(path: Path) -> Iterator[Chosen]:
    """A recording by its name, or by the end of its path; else a file that is not there."""
    known = [] if path.is_absolute() or ".." in path.parts else sorted(_ROOT.rglob(f"*{SUFFIX}"))
    found = [one for one in known if path.as_posix() in _ends(one)]
    if found:
        yield from (Chosen(path=str(one)) for one in found)
        return
    beside = {_stem(one): str(one) for one in path.parent.glob(f"*{SUFFIX}")} if path.parent.is_dir() else {}
    stems = {_stem(one): _stem(one) for one in known} | beside
    near = difflib.get_close_matches(_stem(path), stems, _NEAR)
    hint = f"is it {' or '.join(stems[one] for one in near)}?" if near else "record one with: nexdiag capture"
    what = f"there is no cassette at {path}"
    if path.is_symlink():
        what, hint = f"{path} is a link that leads to no file", f"where it leads: readlink {shlex.quote(str(path))}"
    yield Chosen(path=str(path), error=CassetteError(what, hint=hint))


def _ends(one: Path) -> Iterator[str]:
    """All by which a recording may be named: `five`, `llama/five`, both with their suffix."""
    parts = one.relative_to(_ROOT).parts
    for place in range(len(parts)):
        end = "/".join(parts[place:])
        yield end
        yield end.removesuffix(SUFFIX)


def _wanted(one: Chosen, only: Sequence[str]) -> bool:
    """What was named and is not there is told, whatever is selected, unless it is excluded."""
    takes = [pattern for pattern in only if not pattern.startswith("!")]
    leaves = [pattern[1:] for pattern in only if pattern.startswith("!")]
    taken = not takes or one.error is not None or any(_fits(one, pattern) for pattern in takes)
    return taken and not any(_fits(one, pattern) for pattern in leaves)


def _fits(one: Chosen, pattern: str) -> bool:
    """By the name, or by the path, or by the end of it; a directory stands for what is below it."""
    pattern = pattern.removeprefix("./").removesuffix("/")
    if one.name == pattern or fnmatchcase(one.name, pattern):
        return True
    path, end = f"/{one.path.removeprefix('./')}", f"*/{pattern.lstrip('/')}"
    return fnmatchcase(path.removesuffix(SUFFIX), end) or fnmatchcase(path, end) or fnmatchcase(path, f"{end}/*")


def _nothing(found: Sequence[Chosen], only: Sequence[str]) -> NothingToDo:
    whole = [one.name for one in found if one.error is None]
    names = list(dict.fromkeys(whole))
    plain = [PurePosixPath(pattern).name.removesuffix(SUFFIX) for pattern in only if not pattern.startswith("!")]
    near = [name for pattern in plain for name in difflib.get_close_matches(pattern.strip("*"), names, _NEAR, 0.4)]
    told = ", ".join(list(dict.fromkeys(near or names))[:_NEAR]) or "none"
    what = f"--only {' --only '.join(only)} leaves none of {count(len(whole), 'recording')}"
    return NothingToDo(what, hint=f"near: {told}" if near else f"there are: {told}")


def _stem(path: Path) -> str:
    return path.name.removesuffix(SUFFIX)
