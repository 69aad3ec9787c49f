"""A comparison as plain lines, for reading: verdict, explanation, differences, what was set aside, findings.

No colour, no width: made to be piped. Law: all of weight is told or counted, and every line is safe to look at.
"""

from collections.abc import Iterator, Sequence

from nexdiag.core.comparison import QUIET, Comparison, Row, Side
from nexdiag.core.difference import Difference, Piece
from nexdiag.core.finding import Finding
from nexdiag.report.diff.told import missing, place_of, pointer_of, title_of, verdict, weighty
from nexdiag.report.json import as_text
from nexdiag.report.lint.text import place as finding_place
from nexdiag.report.replay.values import both
from nexdiag.report.visible import both_ends, one_line, visible
from nexdiag.report.wording import count, seconds

ROWS = 40
"""Rows that are told; the others are counted."""
_EACH = 12
"""Differences of a row that are told."""
_FINDINGS = 8
_LINE = 400
_WHY = {"run": "most answers differ", "replay": "answers are the same, or there are none"}
_MARKS = {"removed": ("⟦-", "-⟧"), "added": ("⟦+", "+⟧"), "same": ("", ""), "left out": ("", "")}


def whole(found: Sequence[Comparison], *, unfolded: bool = False, chosen: bool = False) -> str:
    """All comparisons, each under its two names; `chosen`: nobody has asked for the mode, the answers tell it."""
    parts = ["\n".join(_one(one, unfolded=unfolded, chosen=chosen)) for one in found]
    if len(found) > 1:
        differ = sum(bool(one.differences()) for one in found)
        parts.append(f"{count(len(found), 'pair')} compared, {count(differ, 'pair')} differ{'s' * (differ == 1)}")
    return "\n\n".join(parts)


def _one(found: Comparison, *, unfolded: bool, chosen: bool) -> Iterator[str]:
    yield f"- {_side(found.left)}"
    yield f"+ {_side(found.right)}"
    icon = "✗" if found.differences() else "✓"
    how = "two runs" if found.mode == "run" else "exact"
    how += f", as {_WHY[found.mode]}" if chosen and found.mode in _WHY else ""
    yield f"{icon} {verdict(found)}   ({how}: --mode {found.mode})"
    yield from _explained(found)
    yield from _rows(found, unfolded=unfolded)
    yield from _aside(found)
    yield from _findings(found)
    yield from (f"NOT CHECKED  {line}" for line in missing(found))


def _side(side: Side) -> str:
    model = f"   model {one_line(side.model, 60)}" if side.model else ""
    server = f"   {one_line(side.server, 40)}" if side.server else ""
    return f"{one_line(side.name, 200)}{server}{model}   {_holds(side)}"


def _holds(side: Side) -> str:
    exchanges = count(side.exchanges, "exchange")
    return f"{count(side.turns, 'turn')}, {exchanges}" if side.turns else exchanges


def _explained(found: Comparison) -> Iterator[str]:
    told = found.explanation
    if told is None:
        return
    word = "EXPLAINS" if told.certain else "PERHAPS"
    yield f"\n{word}     {both_ends(told.sentence, _LINE)}"
    row = found.rows[told.cause]
    yield f"  {place_of(row)}   {title_of(row)}"
    for at in told.differences[:_EACH]:
        yield from lines_of(row.differences[at], "    ")
    if told.finding is not None:
        yield f"    {both_ends(told.finding.summary, _LINE)}"
        if told.finding.server_words:
            yield f"    the server: {both_ends(told.finding.server_words, _LINE)}"
        if told.finding.fix:
            yield f"    fix: {both_ends(told.finding.fix, _LINE)}"


def _rows(found: Comparison, *, unfolded: bool) -> Iterator[str]:
    """The first divergence, then what is new, then how many only follow."""
    folded = told = left_out = light = 0
    for place, row in enumerate(found.rows):
        shown = list(row.differences) if unfolded else _shown(row)
        folded += 0 if unfolded else _folded(row)
        if not shown or (row.consequence and not unfolded):
            light += sum(_is_light(one) for one in shown)
            continue
        if told >= ROWS:
            left_out += len(shown)
            continue
        told += 1
        head = "FIRST DIVERGENCE" if place == found.first else "BESIDES" if all(map(_is_light, shown)) else "THEN"
        yield f"\n{head}   {place_of(row)}   {title_of(row)}"
        above = _explaining(found, place)
        for one in shown[:_EACH]:
            lines = lines_of(one, "  ")
            yield from (f"{next(lines)}   (above)",) if any(one is other for other in above) else lines
        if len(shown) > _EACH:
            yield f"  and {count(len(shown) - _EACH, 'more difference')} here: --format json"
    if left_out:
        yield f"\nand {count(left_out, 'more difference')} in later rows: --format json"
    if folded:
        yield f"\nFOLLOWS      {count(folded, 'difference')} only because of these: --all shows them"
    if light:
        yield f"\nBESIDES      {count(light, 'more difference')} without weight: --all shows them"


def _is_light(one: Difference) -> bool:
    return one.quiet or one.aspect in QUIET


def _explaining(found: Comparison, place: int) -> list[Difference]:
    """The differences of a row that are told with the explanation."""
    told = found.explanation
    if told is None or told.cause != place:
        return []
    return [found.rows[place].differences[at] for at in told.differences[:_EACH]]


def _shown(row: Row) -> list[Difference]:
    return [one for one in row.differences if not one.inherited]


def _folded(row: Row) -> int:
    """Consequences of weight."""
    weight = [one for one in row.differences if not one.quiet and one.aspect not in QUIET]
    return len(weight) if row.consequence else len(weight) - len(weighty(row))


def lines_of(one: Difference, margin: str = "") -> Iterator[str]:
    """What differs, then both values: word by word where that is known."""
    note = "   (without weight here)" if _is_light(one) else ""
    note += "   (carried on)" if one.inherited else ""
    note += _retyped(one)
    note += "   (the same words in another order)" if _shuffled(one.left, one.right) else ""
    yield f"{margin}{one.aspect:<10} {pointer_of(one)}   {one.kind}{note}"
    if one.aspect == "timing" and isinstance(one.left, float) and isinstance(one.right, float):
        yield f"{margin}  - {seconds(one.left)}"
        yield f"{margin}  + {seconds(one.right)}"
    elif one.words:
        yield from (f"{margin}  {line}" for line in worded(one.words))
    else:
        yield from (f"{margin}  {line}" for line in both(one))


def _retyped(one: Difference) -> str:
    """What kinds of value two are that read the same."""
    if one.kind != "changed" or type(one.left) is type(one.right) or as_text(one.left) != as_text(one.right):
        return ""
    return f"   ({_kind(one.left)}, now {_kind(one.right)})"


def _kind(value: object) -> str:
    kinds = {bool: "a boolean", int: "an integer", float: "a number", str: "a text", list: "a list", dict: "an object"}
    return kinds.get(type(value), "null")


def _shuffled(left: object, right: object) -> bool:
    """Whether two texts have the same words in another order: then pieces of them tell nothing."""
    if not isinstance(left, str) or not isinstance(right, str) or abs(len(left) - len(right)) > len(left) // 2:
        return False
    mine, yours = left.split(), right.split()
    return len(mine) > 1 and mine != yours and sorted(mine) == sorted(yours)


def worded(pieces: Sequence[Piece]) -> list[str]:
    """`- ` what was and `+ ` what is, each with its words that differ between marks; what is left out is counted."""
    rows = []
    for sign, kind in (("-", "removed"), ("+", "added")):
        mine = [piece for piece in pieces if piece.kind in (kind, "same", "left out")]
        text = "".join(_piece(piece) for piece in mine)
        if any(piece.kind == kind for piece in mine) or sign == "-":
            rows.append(f"{sign} {text}")
    if len(rows) == 1:
        rows.append(f"+ {''.join(_piece(piece) for piece in pieces if piece.kind != 'removed')}")
    return rows


def _piece(piece: Piece) -> str:
    if piece.kind == "left out":
        return f"…({len(piece.text):,} characters)…"
    start, end = _MARKS[piece.kind]
    text = piece.text if len(piece.text) <= _LINE else f"{piece.text[:_LINE]}…({len(piece.text) - _LINE:,} more)"
    return f"{start}{visible(text).replace(chr(10), '⏎').replace(chr(9), ' ')}{end}"


def _aside(found: Comparison) -> Iterator[str]:
    for place, one in enumerate(found.aside):
        head = "\nSET ASIDE " if place == 0 else "          "
        yield f"{head}   {one_line(one.rule, 40):<10} {one.count:>5}   {one_line(one.example, 120)}"


def _findings(found: Comparison) -> Iterator[str]:
    lists = (("new", found.findings.new), ("fixed", found.findings.gone), ("still there", found.findings.still))
    lead = "\nFINDINGS  "
    for word, several in lists:
        for finding in several[:_FINDINGS]:
            yield f"{lead}   {word:<11} {_finding(finding)}"
            lead = "          "
        if len(several) > _FINDINGS:
            yield f"{lead}   {word:<11} and {len(several) - _FINDINGS} more"


def _finding(finding: Finding) -> str:
    return f"{finding.severity} {finding.code} {finding.rule}   {one_line(finding_place(finding), 120)}"
