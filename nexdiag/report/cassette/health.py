"""What `nexdiag cassette check` found of each file: facts, as lines and as JSON."""

import json
from collections.abc import Sequence
from typing import Literal

import msgspec

from nexdiag.report.visible import one_line
from nexdiag.report.wording import count

Weight = Literal["broken", "warning", "note"]
_SCHEMA = "nexdiag.cassette-check/1"


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """One thing worth knowing of a file."""

    weight: Weight
    """`broken`: no reader takes the file. `warning`: it should be mended. `note`: it is as it is."""
    what: str
    line: int | None = None
    """From 1, where it is one line's."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    file: str
    format: int | None = None
    exchanges: int = 0
    turns: int = 0
    size: int = 0
    """Bytes."""
    remarks: tuple[Remark, ...] = ()

    @property
    def word(self) -> Weight | Literal["whole"]:
        """The worst that was found."""
        found = {remark.weight for remark in self.remarks}
        return "broken" if "broken" in found else "warning" if "warning" in found else "whole"


def health_text(files: Sequence[Health], *, quiet: bool = False) -> str:
    """A line a file with its remarks below, and the sum; with `quiet` only files that are not whole."""
    rows: list[str] = []
    for one in files:
        if quiet and one.word == "whole":
            continue
        held = f"format {one.format}, {count(one.turns, 'turn')}, {count(one.exchanges, 'exchange')}"
        rows.append(f"{one.word:<8} {one_line(one.file, 1000)}" + (f"   {held}" if one.format is not None else ""))
        for remark in one.remarks:
            where = f"line {remark.line}: " if remark.line is not None else ""
            rows.append(f"  {remark.weight:<8} {where}{one_line(remark.what, 1000)}")
    if len(files) > 1:
        words = [one.word for one in files]
        told = [f"{words.count(word)} {word}" for word in ("whole", "warning", "broken") if word in words]
        rows.append(f"{count(len(files), 'file')}: {', '.join(told)}")
    return "\n".join(rows)


def health_json(files: Sequence[Health]) -> str:
    """All files as one JSON object."""
    told = [{"file": one.file, "word": one.word} | msgspec.to_builtins(one) for one in files]
    return json.dumps({"schema": _SCHEMA, "files": told}, indent=2, ensure_ascii=False)
