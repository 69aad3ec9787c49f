"""Portability → the table: a row for each request, a column for each server; below it why, each reason once."""

from collections.abc import Iterator, Sequence
from typing import Any

from nexdiag.core.finding import Severity
from nexdiag.core.portability import Portability, PortableRow
from nexdiag.report.json import dump, finding_fields
from nexdiag.report.lint.text import place
from nexdiag.report.markdown import cell, code, plain
from nexdiag.report.visible import both_ends, one_line
from nexdiag.report.wording import count

SCHEMA = "nexdiag.portability/1"
_MARKS = {"takes": "✓", "may refuse": "▲", "refuses": "✗"}
_ROWS = 60
"""Rows of a table; where there are more, those that every server takes are counted."""


def text(tables: Sequence[Portability]) -> str:
    """For reading."""
    return "\n\n".join("\n".join(_text(table)) for table in tables)


def md(tables: Sequence[Portability]) -> str:
    """To paste."""
    return "\n".join(row for table in tables for row in _md(table))


def json(tables: Sequence[Portability]) -> str:
    """As scripts read it: `nexdiag.portability/1`."""
    return dump({"schema": SCHEMA, "files": [_fields(table) for table in tables]}, indent=2)


FORMS = {"text": text, "md": md, "json": json}


def _text(table: Portability) -> Iterator[str]:
    rows, left = _shown(table)
    width = max([len(_asked(row)) for row in rows] + [8])
    widths = [max(len(server), len("▲ may refuse")) for server in table.servers]
    yield f"{one_line(table.file)}   {count(len(table.rows), 'request')}"
    heads = "  ".join(f"{name:<{wide}}" for name, wide in zip(table.servers, widths, strict=True))
    yield f"  {'':<{width}}  {heads}".rstrip()
    for row in rows:
        words = [f"{_MARKS[row.word(at)]} {row.word(at)}" for at in range(len(table.servers))]
        cells = "  ".join(f"{word:<{wide}}" for word, wide in zip(words, widths, strict=True))
        yield f"  {_asked(row):<{width}}  {cells}".rstrip()
    if left:
        yield f"  … {count(left, 'more request')} that all of them take"
    for at, server in enumerate(table.servers):
        yield from _why(table, at, server)
    yield from (f"  not checked: {one_line(said)}" for said in table.unchecked)


def _why(table: Portability, at: int, server: str) -> Iterator[str]:
    reasons = table.reasons(at)
    if not reasons:
        yield f"{server} takes all of it, for all that is known"
        return
    refused = table.refused(at)
    yield f"{server} would refuse {refused} of {len(table.rows)}:" if refused else f"{server} may refuse some:"
    for row, found in reasons:
        mark = _MARKS["refuses" if found.severity is Severity.ERROR else "may refuse"]
        yield f"  {mark} {found.code} {found.rule}   {place(found) or _asked(row)}"
        yield f"      {both_ends(found.summary, 300)}"
        if found.because:
            yield f"      {both_ends(found.because, 300)}"
        if found.fix:
            yield f"      fix: {one_line(found.fix)}"


def _md(table: Portability) -> Iterator[str]:
    rows, left = _shown(table)
    yield f"### Portability of {code(one_line(table.file))}\n"
    yield "| request | " + " | ".join(plain(server) for server in table.servers) + " |"
    yield "|---" * (len(table.servers) + 1) + "|"
    for row in rows:
        yield f"| {_asked(row)} | " + " | ".join(_cell(row, at) for at in range(len(table.servers))) + " |"
    if left:
        yield f"\n_{count(left, 'more request')} that all of them take_"
    for at, server in enumerate(table.servers):
        for row, found in table.reasons(at):
            where, said = code(place(found) or _asked(row)), code(both_ends(found.summary, 300))
            yield f"\n- **{plain(server)}**: {found.code} {found.rule} at {where}: {said}"
    yield ""


def _cell(row: PortableRow, at: int) -> str:
    names = ", ".join(dict.fromkeys(found.rule for found in row.against[at]))
    return _MARKS[row.word(at)] + (f" {cell(names)}" if names else "")


def _shown(table: Portability) -> tuple[list[PortableRow], int]:
    rows = list(table.rows)
    if len(rows) > _ROWS:
        rows = [row for row in rows if any(row.against)][:_ROWS]
    return rows, len(table.rows) - len(rows)


def _asked(row: PortableRow) -> str:
    session = f"{one_line(row.session, 20)} " if row.session else ""
    turn = f"turn {row.turn}, " if row.turn is not None else ""
    return f"{session}{turn}exchange {row.exchange}"


def _fields(table: Portability) -> dict[str, Any]:
    return {
        "file": table.file,
        "servers": list(table.servers),
        "rows": [
            {
                "turn": row.turn,
                "session": row.session,
                "exchange": row.exchange,
                "against": {
                    server: {"verdict": row.word(at), "findings": [finding_fields(found) for found in row.against[at]]}
                    for at, server in enumerate(table.servers)
                },
            }
            for row in table.rows
        ],
        "unchecked": list(table.unchecked),
    }
