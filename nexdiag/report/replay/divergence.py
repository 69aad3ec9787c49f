"""The first thing that changed, in a few lines: where, the nearest recording, both values, what follows, what to do.

Law: never more than `MOST` lines, whatever differs; each is one line, and safe to look at.
"""

from collections.abc import Iterator

from nexdiag.core.replayed import Divergence, TurnVerdict
from nexdiag.report.replay.values import both
from nexdiag.report.replay.verdict import divergence_of, follows
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count

MOST = 16
_WHY = 300
_ADVICE = 4
"""Lines of what to do."""
_MEANT = "if the change is meant, record it again; if not, undo it"


def lines(turn: TurnVerdict) -> list[str]:
    """All that a reader needs of a turn that differs."""
    return list(_lines(turn, divergence_of(turn)))


def where(turn: TurnVerdict) -> Iterator[str]:
    """The first place that differs, and both values."""
    first = divergence_of(turn).first
    if first is not None:
        at = one_line(first.pointer or "(the whole)", 160)
        there = first.right_pointer
        moved = f" (sent as {one_line(there, 160)})" if there and there != first.pointer else ""
        yield f"first      {at}{moved}   {first.kind}"
        yield from (f"  {row}" for row in both(first))


def short(turn: TurnVerdict) -> str:
    """`changed at /messages/6/role`: for titles."""
    first = divergence_of(turn).first
    return f"{turn.outcome} at {one_line(first.pointer or '(the whole)', 100)}" if first is not None else turn.outcome


def _lines(turn: TurnVerdict, found: Divergence) -> Iterator[str]:
    if found.path or found.method:
        told = f", with {count(found.sent, 'message')}" if found.sent else ""
        yield f"asked      {one_line(found.method, 20)} {one_line(found.path, 120)}{told}"
    plain = found.nearest is not None and found.first is not None and not found.ambiguous
    if found.why and not plain:  # else the lines below say it
        yield f"why        {one_line(found.why, _WHY)}"
    if found.nearest is not None:
        yield f"nearest    {_nearest(found)}"
    if found.ambiguous and not found.why:
        shown = ", ".join(map(str, found.ambiguous[:8]))
        yield f"ambiguous  exchanges {shown}: to take one of them would be a guess"
    yield from where(turn)
    if found.more:
        yield f"beside it  {count(found.more, 'more difference')} in the same request"
    if follows(turn):
        yield f"then       another {', '.join(one_line(name, 30) for name in follows(turn)[:8])}"
    if found.consequences:
        later = count(found.consequences, "later request")
        yield f"follows    {later} differ{'s' * (found.consequences == 1)} only because this one did"
    for place, part in enumerate((found.advice or _MEANT).split("; ", _ADVICE - 1)):
        yield f"{'to do' if place == 0 else '':<10} {one_line(part, _WHY)}"


def _nearest(found: Divergence) -> str:
    of = f" of turn {found.nearest_turn}" if found.nearest_turn is not None else ""
    if not found.recorded:
        return f"exchange {found.nearest}{of}"
    return f"exchange {found.nearest}{of}: {_shared(found.shared, found.recorded)}"


def _shared(shared: int, recorded: int) -> str:
    """How much of the recorded conversation the request begins with: what is behind the first change is not told."""
    if shared == 0:
        return "its only message differs" if recorded == 1 else f"the first of its {count(recorded, 'message')} differs"
    if shared >= recorded:
        return "its only message is equal" if recorded == 1 else f"all of its {count(recorded, 'message')} are equal"
    if shared == 1:
        return f"the first of its {count(recorded, 'message')} is equal"
    return f"the first {shared} of its {count(recorded, 'message')} are equal"
