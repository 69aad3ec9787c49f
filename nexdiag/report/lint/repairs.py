"""Repairs of a request → a unified diff of its JSON, two spaces deep: to read, and for `patch` where a file is so."""

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from nexdiag.report.visible import one_line, visible

_CONTEXT = 3


def written(request: Mapping[str, Any]) -> str:
    """The request as the diff has it."""
    return json.dumps(request, ensure_ascii=False, indent=2) + "\n"


def diff(before: Mapping[str, Any], after: Mapping[str, Any], *, name: str) -> str:
    """What changed, in lines; nothing where nothing did. No recorded character steers a terminal."""
    return "".join(f"{line}\n" for line in _lines(before, after, one_line(name)))


def _lines(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> Iterator[str]:
    old, new = written(before).splitlines(), written(after).splitlines()
    for line in difflib.unified_diff(old, new, name, f"{name} (repaired)", n=_CONTEXT, lineterm=""):
        yield visible(line)
