"""A stub's answers ⇐ a text file: one after the other, divided by lines of `---`."""

import re
from pathlib import Path

from nexdiag.core.errors import UsageError


def read_script(path: Path) -> tuple[str, ...]:
    """The answers in a file, without white space around them. Raises `UsageError` for what is no UTF-8 text."""
    hint = "a text file is wanted: answers, divided by lines of ---"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text (byte {error.start})", hint=hint) from error
    return tuple(part.strip() for part in re.split(r"^---[ \t]*$", text, flags=re.MULTILINE))
