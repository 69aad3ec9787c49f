"""The status line: who is asked, how full the window is, whether it is recorded, and what the turn does. Pure.

Law: one line, whatever the width; what matters least is left out first.
"""

import msgspec
from rich.cells import cell_len

from nexdiag.agent import progress as told
from nexdiag.core.message import Usage
from nexdiag.report.visible import one_line

_BAR = 8
_THOUSAND = 1000
_SECONDS_A_MINUTE = 60
_FULL, _NEARLY = 0.85, 0.6
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_NAME = 28


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the line tells."""

    model: str = ""
    executor: str = ""
    usage: Usage = Usage()
    used: int = 0
    """Tokens of the context window."""
    window: int | None = None
    recording: str | None = None
    doing: str = ""
    """What the turn under way does; empty when there is none."""
    seconds: float = 0.0
    """Of the turn under way."""
    waiting: int = 0
    """Questions behind it."""
    away: bool = False
    """The daemon does not answer."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of the line, and how it looks: `plain`, `quiet`, `accent`, `good`, `warn` or `bad`."""

    text: str
    look: str = "quiet"


def line(facts: Facts, width: int) -> tuple[list[Part], list[Part]]:
    """The left and the right of the line, with as many of the parts as fit into `width` cells."""
    right = _turn(facts)
    optional = [  # the most important first
        Part(text=one_line(facts.model, _NAME), look="plain") if facts.model else None,
        _window(facts),
        Part(text="● rec", look="bad") if facts.recording is not None else None,
        _tokens(facts),
        Part(text=one_line(facts.executor, _NAME)) if facts.executor else None,
    ]
    order = (0, 4, 3, 1, 2)
    kept: set[int] = set()
    room = width - sum(cell_len(part.text) + 2 for part in right) - 2
    for at, part in enumerate(optional):
        if part is not None and cell_len(part.text) + 3 <= room:
            kept.add(at)
            room -= cell_len(part.text) + 3
    left = [part for at in order if at in kept and (part := optional[at]) is not None]
    return left, right


def _turn(facts: Facts) -> list[Part]:
    parts = []
    if facts.waiting:
        parts.append(Part(text=f"+{facts.waiting} queued"))
    if facts.away:
        return [*parts, Part(text="○ no daemon", look="bad")]
    if not facts.doing:
        return [*parts, Part(text="ready")]
    mark = SPINNER[int(facts.seconds * 4) % len(SPINNER)]
    return [*parts, Part(text=f"{mark} {one_line(facts.doing, _NAME)} {clock(facts.seconds)}", look="accent")]


def _tokens(facts: Facts) -> Part | None:
    usage = facts.usage
    if not usage.input_tokens and not usage.output_tokens:
        return None
    return Part(text=f"↑{count(usage.input_tokens)} ↓{count(usage.output_tokens)}")


def _window(facts: Facts) -> Part | None:
    if not facts.used:
        return None
    if not facts.window or facts.window < 0:
        return Part(text=f"ctx {count(facts.used)}")
    share = min(max(facts.used / facts.window, 0.0), 1.0)
    full = round(share * _BAR)
    look = "bad" if share >= _FULL else "warn" if share >= _NEARLY else "quiet"
    return Part(text=f"ctx {'━' * full}{'─' * (_BAR - full)} {share:.0%}", look=look)


def doing(progress: told.Progress) -> str | None:  # noqa: PLR0911 - a word for each kind
    """What the turn does from here on, in a word or two; None where that stays, empty where it is over."""
    match progress:
        case told.TurnStarted() | told.TextTakenBack() | told.ToolRan():
            return "thinking"
        case told.ReasoningDelta():
            return "reasoning"
        case told.TextDelta():
            return "answering"
        case told.ToolBuilding(name=name):
            return f"calling {name}"
        case told.ToolStarted(name=name):
            return f"running {name}"
        case told.Waiting():
            return "waiting"
        case told.Retrying():
            return "retrying"
        case told.TurnEnded():
            return ""
        case _:
            return None


def count(number: int) -> str:
    """`950`, `1.2k`, `34k`, `1.2M`."""
    amount = float(number)
    for unit in ("", "k", "M"):
        if amount < _THOUSAND or unit == "M":
            return f"{amount:.1f}{unit}" if unit and amount < 10 else f"{amount:.0f}{unit}"  # noqa: PLR2004 - one digit
        amount /= _THOUSAND
    raise AssertionError


def clock(seconds: float) -> str:
    """`7s`, `2m05s`."""
    whole_seconds = int(max(seconds, 0.0))
    minutes, rest = divmod(whole_seconds, _SECONDS_A_MINUTE)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"
