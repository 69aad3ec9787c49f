"""The published schema of SARIF 2.1.0, and what a document breaks of it.

The npm package @microsoft/jest-sarif carries the schema; its `node_modules/.bin` has to be on the PATH. Where CI is
set, it must be there.
"""

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

_INSIDE = Path("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json")


def _places() -> Iterator[Path]:
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        if entry.endswith(".bin"):
            yield Path(entry).parent / _INSIDE


@cache
def _validator() -> Any:  # noqa: ANN401 - jsonschema has no types here
    found = next((path for path in _places() if path.is_file()), None)
    if found is None:
        return None
    schema = json.loads(found.read_bytes())
    return jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())


def broken(text: str) -> list[str]:
    """What the schema has against a document; skips the test where there is no schema."""
    validator = _validator()
    if validator is None:
        assert not os.environ.get("CI"), "CI is set, and the schema is not there: npm install @microsoft/jest-sarif"
        pytest.skip("no schema: npm install @microsoft/jest-sarif")
    return [f"{list(one.absolute_path)}: {one.message[:200]}" for one in validator.iter_errors(json.loads(text))]
