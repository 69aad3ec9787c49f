"""`nexdiag diff`: two sides → Comparison, with what lint finds on either, and what explains a failure."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.core.comparison import ASPECTS, QUIET, Comparison, Side
from nexdiag.core.errors import NexdiagError, UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.core.run import Run
from nexdiag.diff.answered import answer_of
from nexdiag.diff.comparing import compare_cassettes
from nexdiag.diff.explaining import Refused, explain
from nexdiag.diff.reading import Views
from nexdiag.replay.matching import rules
from nexdiag.replay.matching.volatile import Volatile
from nexdiag.runner.diffing.findings import beside, judged
from nexdiag.runner.diffing.sides import Loaded, in_pairs, load_side
from nexdiag.runner.linting.choice import Choice

FINDINGS, NONE = "findings", "none"
DEFAULT = frozenset(ASPECTS) - QUIET


class How(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    mode: str = ""
    """`replay` or `run`; empty: as the answers have it."""
    ignored: tuple[str, ...] = ()
    """Aspects, pointers, or rules of matching (`/messages/*/content=REGEX`, `-date`)."""
    turn: int | None = None
    fails: frozenset[str] = DEFAULT
    """Aspects of which a difference fails; `findings` for new ones of weight."""


def compare_paths(
    left: Path, right: Path, how: How, choice: Choice, bad: list[NexdiagError] | None = None
) -> Iterator[Comparison]:
    """Two files, or each two of two directories. What a directory lacks is told with the first.

    Of several pairs, what cannot be read is put into `bad`, where that is given.
    """
    if str(left) == str(right) == "-":
        raise UsageError("both sides are stdin", hint="name a file for one of them")
    pairs, alone = in_pairs(left, right)
    for one, other in pairs:
        splitter = Splitter()
        try:
            sides = [load_side(path, splitter, turn=how.turn) for path in (one, other)]
        except NexdiagError as error:
            if bad is None or len(pairs) == 1:
                raise
            bad.append(error)
            continue
        found = compare_loaded(sides[0], sides[1], how, choice)
        yield msgspec.structs.replace(found, unchecked=(*found.unchecked, *alone))
        alone = []


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared, and the two recordings as they were compared: a page shows both."""

    found: Comparison
    left: Run
    right: Run


def compare_two(left: Path, right: Path, how: How, choice: Choice) -> Pair:
    """Two files, with all that they hold. Raises `UsageError` for directories, and what `load_side` does."""
    if str(left) == str(right) == "-":
        raise UsageError("both sides are stdin", hint="name a file for one of them")
    folder = next((one for one in (left, right) if one.is_dir()), None)
    if folder is not None:
        hint = "name two files, or write all pairs with --format md"
        raise UsageError(f"a page is of two recordings, and {folder} is a directory", hint=hint)
    splitter = Splitter()
    sides = [load_side(path, splitter, turn=how.turn) for path in (left, right)]
    return compare_pair(sides[0], sides[1], how, choice)


def compare_loaded(left: Loaded, right: Loaded, how: How, choice: Choice) -> Comparison:
    """Two sides that have been read."""
    return compare_pair(left, right, how, choice).found


def compare_pair(left: Loaded, right: Loaded, how: How, choice: Choice) -> Pair:
    """The same, with both recordings."""
    mine, yours = left.cassette, right.cassette
    if "request" in (left.kind, right.kind):
        mine, yours, skipped = _one_of(mine, yours)
    else:
        skipped = ()
    own, ignored = _ignored(how.ignored)
    found = compare_cassettes(mine, yours, mode=how.mode, views=views_of(own), ignored=ignored)
    verdicts = [judged(one, choice) for one in (mine, yours)]
    sides = [
        Refused(failed=failed(one), findings=findings, server=server)
        for one, (server, findings) in zip((mine, yours), verdicts, strict=True)
    ]
    whole = msgspec.structs.replace(
        found,
        left=_side(found.left, left, sides[0].server),
        right=_side(found.right, right, sides[1].server),
        findings=beside(sides[0].findings, sides[1].findings, found.rows),
        explanation=explain(found.rows, sides[0], sides[1]),
        unchecked=(*found.unchecked, *skipped, *left.lost, *right.lost),
    )
    runs = [
        Run(name=loaded.name, cassette=one, profile=side.server, findings=side.findings)
        for loaded, one, side in zip((left, right), (mine, yours), sides, strict=True)
    ]
    return Pair(found=whole, left=runs[0], right=runs[1])


def fails(found: Comparison, how: How) -> bool:
    """Whether the command fails by what was asked for."""
    if FINDINGS in how.fails and any(one.weighs for one in found.findings.new):
        return True
    return bool(found.differences(how.fails - {FINDINGS}))


def fails_on(texts: Sequence[str]) -> frozenset[str]:
    """What `--fail-on` names. Raises `UsageError` for what is no aspect."""
    words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
    known = (*ASPECTS, FINDINGS, NONE)
    for word in words:
        if word not in known:
            raise UsageError(f"--fail-on knows no {word!r}", hint=f"it is one or more of: {', '.join(known)}")
    if NONE in words and len(words) > 1:
        raise UsageError("--fail-on none means nothing beside another", hint="leave one of them away")
    return frozenset(words) - {NONE} if words else DEFAULT


def views_of(texts: Sequence[str]) -> Views:
    """Requests as the rules of matching see them: dates, directories and client's ids are marks."""
    volatile = Volatile(rules.parse(texts))
    return lambda left, right: volatile.views(left, right.request, right.started or None)


def failed(cassette: Cassette) -> frozenset[int]:
    """Ids of exchanges that were refused. One that nobody answered may be a bare request: nothing is known of it."""
    return frozenset(one.id for one in cassette.exchanges if _is_failed(one))


def _is_failed(exchange: Exchange) -> bool:
    if exchange.response is None:
        return exchange.failure is not None
    return answer_of(exchange).refused


def _ignored(texts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Rules of matching, and what is set aside whole."""
    for text in texts:
        if text not in ASPECTS and text[:1] not in ("/", "(", "-"):
            hint = f"an aspect ({', '.join(ASPECTS)}), a pointer (/metadata), or one with a regular expression"
            raise UsageError(f"--ignore knows no {text!r}", hint=hint)
    own = tuple(text for text in texts if text[:1] == "-" or (text[:1] == "/" and "=" in text))
    rules.parse(own)
    return own, tuple(text for text in texts if text not in own)


def _one_of(left: Cassette, right: Cassette) -> tuple[Cassette, Cassette, tuple[str, ...]]:
    """A bare request beside what comes nearest to it: the request with as many fields and messages in common."""
    if len(left.exchanges) == len(right.exchanges):
        return left, right, ()
    bare, other = (left, right) if len(left.exchanges) < len(right.exchanges) else (right, left)
    nearest = max(other.exchanges, key=_nearness(bare.exchanges[0]))
    cut = msgspec.structs.replace(other, exchanges=(nearest,), turns=(), log=())
    told = (f"{len(other.exchanges) - 1} other exchanges of {other.name}: a request is compared with the nearest",)
    return (left, cut, told) if bare is left else (cut, right, told)


def _nearness(bare: Exchange) -> Callable[[Exchange], tuple[int, int]]:
    from nexdiag.runner.replaying.verdict.compared import messages, shared_messages  # noqa: PLC0415 - a request is rare

    return lambda one: (
        shared_messages(bare.request, one.request),
        -abs(messages(bare.request) - messages(one.request)),
    )


def _side(side: Side, loaded: Loaded, server: str) -> Side:
    return msgspec.structs.replace(side, name=loaded.name, kind=loaded.kind, server=server)
