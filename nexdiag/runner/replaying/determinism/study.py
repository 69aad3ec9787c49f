"""A program, run several times with one thing varied each time: what varies in its requests, and what helps."""

import contextlib
import os
import shlex
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from nexdiag.core.errors import NexdiagError, NothingToDo
from nexdiag.core.exchange import Request
from nexdiag.report.visible import words_only
from nexdiag.runner.load import load
from nexdiag.runner.replaying.conversations import ours
from nexdiag.runner.replaying.determinism.again import requests_in
from nexdiag.runner.replaying.determinism.naming import Named, named, shown, stripped
from nexdiag.runner.replaying.determinism.proof import Times, alone, aside, remaining
from nexdiag.runner.replaying.determinism.variations import (
    CLOCK,
    FIRST,
    FOR_COMMAND,
    FOR_EXECUTOR,
    NOTHING,
    Variation,
)
from nexdiag.runner.replaying.determinism.varying import Contrast, contrasts
from nexdiag.runner.replaying.onward.parted import whole_parts

Vary = Callable[[Variation], Sequence[Request]]
Once = Callable[[Mapping[str, str], Path], Sequence[Request]]
"""Runs a command with that environment in that directory; what it asked, without its secrets."""

_MOST = 20
"""Pairs of values of one field that are looked at."""


class Varying(msgspec.Struct, frozen=True, kw_only=True):
    """One field that varies."""

    pointer: str
    """With `*` for places in lists."""
    kind: str
    """`id`, `date`, `path`, `order` or `random`."""
    by: tuple[str, ...]
    """What makes it vary; `nothing`: it is another one each time."""
    examples: tuple[tuple[str, str], ...]
    covered: tuple[str, ...] = ()
    """Rules that set it aside already: built-in ones, and those that are set."""
    rules: tuple[str, ...] = ()
    """Rules that set it aside: each was tried, with all the values that were seen."""
    advice: str = ""
    """What to do where no rule helps."""


class Study(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    requests: int
    """How many the program made in its first run."""
    runs: int
    varying: tuple[Varying, ...] = ()
    unchecked: tuple[str, ...] = ()
    """What could not be varied, or not be seen, with the reason."""

    @property
    def beyond(self) -> tuple[Varying, ...]:
        """What varies beyond the built-in rules."""
        return tuple(one for one in self.varying if not one.covered)

    @property
    def rules(self) -> tuple[str, ...]:
        """All that are proposed, each once."""
        return tuple(dict.fromkeys(rule for one in self.beyond for rule in one.rules))

    @property
    def code(self) -> int:
        """The exit code: 1 if something varies beyond the built-in rules."""
        return int(bool(self.beyond))


class _Seen(msgspec.Struct, frozen=True):
    contrast: Contrast
    variation: Variation


def of_executor(
    cassette: Path,
    *,
    ignore: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
    variations: Iterable[Variation] = FOR_EXECUTOR,
) -> Study:
    """Our executor plays the recording in processes of its own, which differ in one thing each.

    `ignore`: rules that are set already, beside the built-in ones.
    Raises `CassetteError` or `NothingToDo` for a recording that cannot be played.
    """
    recorded = load(cassette)
    try:
        list(whole_parts(recorded))
    except NothingToDo as error:
        if recorded.turns and ours(recorded):
            raise
        client = words_only(recorded.header.command) or "COMMAND"
        hint = f"study its own client: nexdiag replay {shlex.quote(str(cassette))} --determinism -- {client}"
        raise NothingToDo(error.what, hint=hint) from error
    with _places(environ) as places:
        return study(
            lambda one: requests_in(cassette, one, places.environment(one), places.directory(one)),
            variations,
            began=recorded.turns[0].started,
            ignore=ignore,
        )


def of_command(once: Once, *, now: float, ignore: Sequence[str] = (), environ: Mapping[str, str] = os.environ) -> Study:
    """A command that is run several times, each time answered from the recording."""
    with _places(environ) as places:
        found = study(
            lambda one: once(places.environment(one), places.directory(one)), FOR_COMMAND, began=now, ignore=ignore
        )
    told = f"{CLOCK}: it cannot be moved for a command; the zone was, so that a local date shows"
    return msgspec.structs.replace(found, unchecked=(*found.unchecked, told))


def study(vary: Vary, variations: Iterable[Variation], *, began: float, ignore: Sequence[str] = ()) -> Study:
    """Run what `vary` runs, once as it is and once for each variation. `began`: unix time of the first run, for dates.

    `ignore`: rules that are set already.

    Raises what the first run raises, and `NothingToDo` if it asks for nothing.
    """
    first = vary(FIRST)
    if not first:
        raise NothingToDo("it asked for nothing, so that nothing can vary", hint="is the server's address its own?")
    seen: dict[str, list[_Seen]] = {}
    unchecked: list[str] = []
    runs = 1
    for one in variations:
        runs += 1
        try:
            other = vary(one)
        except NexdiagError as error:
            unchecked.append(f"{one.kind}: {error.what}")
            continue
        if one.may_fail and len(other) < len(first):
            unchecked.append(f"{one.kind}: it asked {len(other)} times there, and {len(first)} times at home")
            continue
        for contrast in contrasts(first, other):
            seen.setdefault(contrast.pointer, []).append(_Seen(contrast, one))
    varying = tuple(one for pointer, found in seen.items() for one in _varying(pointer, found, began, ignore))
    return Study(requests=len(first), runs=runs, varying=varying, unchecked=tuple(unchecked))


def _varying(pointer: str, seen: Sequence[_Seen], began: float, ignore: Sequence[str]) -> list[Varying]:
    """What varies in one field: first what is another one each time, then what each variation adds to that.

    Where a rule sets aside what was found before, it is left out of what is looked at next.
    """
    found: list[Varying] = []
    rules: tuple[str, ...] = ()
    own = [rule for rule in ignore if rule.partition("=")[0] == pointer]
    kinds = dict.fromkeys(one.variation.kind for one in seen)
    for kind in sorted(kinds, key=lambda kind: kind != NOTHING):
        pairs = _distinct(one for one in seen if one.variation.kind == kind)
        by, rest = _covered(pairs, (*ignore, *rules), began), _rest(pairs, (*ignore, *rules), began)
        if by is not None:
            more = tuple(name for name in by if name not in rules)
            if more:
                raw = [one.contrast for one in pairs]
                found.append(_told(pointer, kind, named(pointer, _stripped(raw, (*own, *rules))), raw, covered=more))
            continue
        what = named(pointer, _stripped(rest, (*own, *rules)))
        if what.rules and _covered(pairs, (*ignore, *rules, *what.rules), began) is not None:
            rules += what.rules
            found.append(_told(pointer, kind, what, rest, rules=what.rules))
            continue
        found.append(_told(pointer, kind, what, rest, advice=_advice(what)))
        if kind == NOTHING:  # it stands in every run: what else there is cannot be seen beside it
            break
    return _merged(found)


def _distinct(seen: Iterable[_Seen]) -> list[_Seen]:
    different: dict[tuple[str, str], _Seen] = {}
    for one in seen:
        different.setdefault((shown(one.contrast.left), shown(one.contrast.right)), one)
    return list(different.values())[:_MOST]


def _rest(pairs: Sequence[_Seen], rules: Sequence[str], began: float) -> list[Contrast]:
    """What of the differences the matcher still sees: it shows what really varies."""
    seen = (remaining(one.contrast, rules, _times(one, began)) for one in pairs)
    return [one for one in seen if one is not None] or [one.contrast for one in pairs]


def _stripped(pairs: Sequence[Contrast], rules: Sequence[str]) -> list[Contrast]:
    """The differences without what the rules find in them; those of which nothing is left are left out."""
    kept = []
    for one in pairs:
        contrast = one
        if isinstance(contrast.left, str) and isinstance(contrast.right, str):
            left, right = stripped((contrast.left, contrast.right), rules)
            if left == right:
                continue
            contrast = msgspec.structs.replace(contrast, left=left, right=right)
        kept.append(contrast)
    return kept or list(pairs)


def _told(  # noqa: PLR0913 - all that is told of a field
    pointer: str,
    kind: str,
    what: Named,
    pairs: Sequence[Contrast],
    *,
    covered: tuple[str, ...] = (),
    rules: tuple[str, ...] = (),
    advice: str = "",
) -> Varying:
    examples = tuple((shown(one.left), shown(one.right)) for one in pairs[:2])
    return Varying(
        pointer=pointer, kind=what.kind, by=(kind,), examples=examples, covered=covered, rules=rules, advice=advice
    )


def _merged(found: Iterable[Varying]) -> list[Varying]:
    """One entry for what several variations bring about in the same way."""
    merged: dict[tuple[object, ...], Varying] = {}
    for one in found:
        key = one.kind, one.covered, one.rules, one.advice
        before = merged.get(key)
        merged[key] = one if before is None else msgspec.structs.replace(before, by=(*before.by, *one.by))
    return [
        msgspec.structs.replace(one, by=(NOTHING,)) if NOTHING in one.by else one  # each run has it, varied or not
        for one in merged.values()
    ]


def _advice(what: Named) -> str:
    if what.advice:
        return what.advice
    return f"no rule was found for it ({', '.join(what.rules)} is not enough): make it the same each time"


def _covered(seen: Iterable[_Seen], rules: Sequence[str], began: float) -> tuple[str, ...] | None:
    """The rules by which each of the differences is set aside; None if one of them is not."""
    names: dict[str, None] = {}
    for one in seen:
        both = alone(one.contrast)
        times = _times(one, began)
        by = None if both is None else aside(*both, rules, times)
        if by is None and remaining(one.contrast, rules, times) is None:
            by = _of_whole(one.contrast, rules, times)
        if by is None:
            return None
        names |= dict.fromkeys(by or ("tools",))  # what needs no rule: their order never counts
    return tuple(names)


def _of_whole(one: Contrast, rules: Sequence[str], times: Times) -> tuple[str, ...]:
    """By which rules two whole requests are one; where something else keeps them apart, their names are not known."""
    left, right = one.pair
    by = aside(left, right, rules, times) if left is not None and right is not None else None
    return by if by is not None else ("built-in",)


def _times(one: _Seen, began: float) -> Times:
    return Times(recorded=began, sent=began + one.variation.ahead)


def absolute(command: Sequence[str], here: Path) -> tuple[str, ...]:
    """The command line with the files that it names by their whole paths: it is also run in another directory."""
    program, *words = command
    named = [
        word if not word or word.startswith(("-", "/")) or not (here / word).exists() else str(here / word)
        for word in words
    ]
    return (str(here / program) if "/" in program and (here / program).exists() else program, *named)


class _Places(msgspec.Struct, frozen=True, kw_only=True):
    """Another directory and another home, for as long as runs need them."""

    environ: Mapping[str, str]
    elsewhere: Path
    home: Path

    def environment(self, one: Variation) -> dict[str, str]:
        """The variables of a run."""
        own = {"PWD": str(self.directory(one))} | ({"HOME": str(self.home)} if one.home else {})
        return {**self.environ, **one.environment, **own}

    def directory(self, one: Variation) -> Path:
        """Where it runs."""
        return self.elsewhere if one.elsewhere else Path.cwd()


@contextlib.contextmanager
def _places(environ: Mapping[str, str]) -> Iterator[_Places]:
    with tempfile.TemporaryDirectory(prefix="nexdiag-") as folder:
        places = _Places(environ=environ, elsewhere=Path(folder, "elsewhere"), home=Path(folder, "home"))
        places.elsewhere.mkdir()
        places.home.mkdir()
        yield places
