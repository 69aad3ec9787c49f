"""edit_file: puts one text in the place of another that stands exactly once in a file.

What counts as the place is decided by `edit_match`; here files are read and written. Bytes outside the place stay as
they are: byte order mark, line endings, and bytes that are no UTF-8.
"""

import threading
from codecs import BOM_UTF8
from pathlib import Path
from typing import Any, ClassVar

from nexdiag.agent.tools.edit_match import Place, like, places
from nexdiag.agent.tools.scan import go_on, in_thread
from nexdiag.agent.tools.seen import Seen, Standing, digest_of
from nexdiag.agent.tools.tool import check, shown
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.agent.tools.write_file import encoded
from nexdiag.core.errors import ToolError

SIZE = 10 << 20
_LISTED = 10
_WIDTH = 200
"""Lines that an error lists, and characters of each."""


class EditFile:
    """Changes one place of a file."""

    name = "edit_file"
    read_only = False
    description = (
        "Replace old_string by new_string in a file. old_string must stand there exactly once, with its white space "
        "and without line numbers; give enough lines around the place to make it unique."
    )
    parameters: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "File, relative to the working directory"},
            "old_string": {"type": "string", "description": "The text to replace, as it stands in the file"},
            "new_string": {"type": "string", "description": "The text to put there, taken literally"},
            "normalize_whitespace": {
                "type": "boolean",
                "description": "Also take whole lines that differ from old_string in white space only (default false)",
            },
            "normalize_line_endings": {
                "type": "boolean",
                "description": "true: all line endings are equal; false: each counts as it is. Default: LF in "
                "old_string stands for the file's own ending",
            },
        },
        "required": ["path", "old_string", "new_string"],
        "additionalProperties": False,
    }

    def __init__(self, workspace: Workspace, *, seen: Seen | None = None) -> None:
        """Edit within `workspace` only; `seen` is what the model knows of its files."""
        self._workspace = workspace
        self._seen = seen or Seen()

    async def run(self, arguments: dict[str, Any]) -> str:
        """Edit, and say which lines were replaced."""
        given = check(arguments, self.parameters)
        for key in ("old_string", "new_string"):
            encoded(given[key], key)
        if not given["old_string"]:
            raise ToolError("old_string is empty", hint="write_file makes a new file")
        if given["old_string"] == given["new_string"]:
            raise ToolError("old_string and new_string are the same: nothing to do")
        return await in_thread(lambda stop: self._edit(given, stop))

    def _edit(self, given: dict[str, Any], stop: threading.Event) -> str:
        with self._workspace.alone(given["path"]) as place:
            return self._edit_alone(given, place, stop)

    def _edit_alone(self, given: dict[str, Any], file: Path, stop: threading.Event) -> str:
        path, old = given["path"], given["old_string"]
        mark, text, standing = self._read(path, file)
        endings = given.get("normalize_line_endings")
        spaces = given.get("normalize_whitespace", False)
        found = places(text, old, given["new_string"], spaces=spaces, endings=endings)
        if not found:
            raise _nowhere(path, text, given)
        if len(found) > 1:
            raise _many(path, text, found)
        place = found[0]
        edited = text[: place.start] + place.new + text[place.end :]
        content = mark + edited.encode("utf-8", "surrogateescape")
        go_on(stop)  # it may have waited for its turn; a call that was cancelled since must not act
        self._workspace.replace(path, content)
        if standing == "same":  # who did not know the rest of the file does not know it now
            self._seen.note(file, digest_of([content]))
        first, last = _line(text, place.start), _line(text, max(place.start, place.end - 1))
        where = f"line {first}" if first == last else f"lines {first}..{last}"
        return f"Edited {shown(path)}: replaced {where}{_remarks(place, standing)}"

    def _read(self, path: str, place: Path) -> tuple[bytes, str, Standing]:
        """Return the byte order mark, if the file has one, the text after it, and whether the model knows it."""
        with self._workspace.open(path) as file:
            raw = file.read(SIZE + 1)
        if len(raw) > SIZE:
            raise ToolError(f"file is over {SIZE >> 20} MiB: {shown(path)}", hint="edit it with a program through bash")
        if b"\0" in raw:
            raise ToolError(f"binary file: {shown(path)}", hint="edit it with a program through bash")
        mark = BOM_UTF8 if raw.startswith(BOM_UTF8) else b""
        standing = self._seen.standing(place, digest_of([raw]))
        return mark, raw[len(mark) :].decode("utf-8", "surrogateescape"), standing


def _remarks(place: Place, standing: Standing) -> str:
    changed = " (the file has changed since you last saw it: read it again before you rely on the rest)"
    return " (white space ignored)" * place.inexact + changed * (standing == "changed")


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _nowhere(path: str, text: str, given: dict[str, Any]) -> ToolError:
    old = given["old_string"]
    loose = places(text, old, "", spaces=True, endings=True)
    if len(loose) == 1:
        flag = "normalize_whitespace" if loose[0].inexact else "normalize_line_endings"
        hint = f"it would fit line {_line(text, loose[0].start)} with {flag}: true"
    else:
        hint = "read the file again and copy the text without line numbers"
    near = "".join(f"\n{number:6d}\t{line[:_WIDTH]}" for number, line in like(text, old))
    what = f"old_string not found in {shown(path)}" + (f"; lines most like it:{near}" if near else "")
    return ToolError(what, hint=hint)


def _many(path: str, text: str, found: list[Place]) -> ToolError:
    lines = ", ".join(str(_line(text, place.start)) for place in found[:_LISTED])
    more = ", ..." if len(found) > _LISTED else ""
    return ToolError(
        f"old_string must stand once in {shown(path)}, found {len(found)} times: lines {lines}{more}",
        hint="add lines around the place that you mean",
    )
