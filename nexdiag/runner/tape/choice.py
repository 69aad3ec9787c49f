"""What a test chooses about playing, made into `How`. Pure; what is wrong with it is told before anything is read."""

from collections.abc import Iterable

from nexdiag.codec import fault as texts
from nexdiag.core.errors import UsageError
from nexdiag.core.fault import Fault
from nexdiag.core.replayed import Pair
from nexdiag.runner.replaying.how import MATCHES, SPLITS, How
from nexdiag.runner.replaying.options import one_of, speed_of
from nexdiag.runner.tape.modes import RecordMode

_RECORDING = (RecordMode.ALL, RecordMode.REWRITE)


def choice(  # noqa: PLR0913 - what a user may choose
    mode: RecordMode,
    *,
    faults: str | Fault | Iterable[str | Fault] = (),
    match: str = MATCHES[0],
    ignore: str | Iterable[str] = (),
    split: str = SPLITS[0],
    seed: int = 0,
    speed: float | None = None,
) -> How:
    """How a cassette is played. Raises `UsageError` for a text that is no fault, and faults where nothing is played."""
    struck = tuple(map(_fault, (faults,) if isinstance(faults, str | Fault) else faults))
    if struck and mode in _RECORDING:
        hint = 'record first, then play with record_mode="none"'
        raise UsageError(f"faults are laid over what is played, and record mode {mode} plays nothing", hint=hint)
    return How(
        match=one_of("match", match, MATCHES),
        ignore=_rules((ignore,) if isinstance(ignore, str) else tuple(ignore)),
        speed=speed_of(speed),
        split=one_of("split", split, SPLITS),
        faults=struck,
        seed=seed,
    )


def _fault(one: str | Fault) -> Fault:
    if isinstance(one, Fault):
        return texts.checked(one)
    if isinstance(one, str):
        return texts.decode(one)
    hint = "for example: faults=('status:429@1,retry-after=0',)"
    raise UsageError(f"wanted a fault as text or as Fault, found {one!r}", hint=hint)


def _rules(ignore: tuple[str, ...]) -> tuple[str, ...]:
    if ignore:
        from nexdiag.replay.matching import rules  # noqa: PLC0415 - few have rules of their own, and `import nexdiag` is cheap

        rules.parse(ignore)
    return ignore


def unstruck(faults: Iterable[Fault], pairs: Iterable[Pair]) -> tuple[Fault, ...]:
    """Those of the chosen faults that have not struck once: what they leave open, one that struck has settled."""
    struck = [texts.decode(pair.fault) for pair in pairs if pair.fault]
    return tuple(one for one in faults if not any(_is_of(one, each) for each in struck))


def _is_of(chosen: Fault, struck: Fault) -> bool:
    same = (chosen.kind, chosen.exchange) == (struck.kind, struck.exchange)
    return same and chosen.turn in (None, struck.turn) and chosen.value in ("", struck.value)
