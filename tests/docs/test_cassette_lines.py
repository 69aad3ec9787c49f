"""docs/reference/schemas/cassette-2.json: each line of a cassette, for programs. Run as a program, it writes the file.

    python tests/docs/test_cassette_lines.py

It is made of the very types that read and write the lines; docs/reference/cassette.md says what they mean.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec

from nexdiag.codec.cassette.lines import Line
from nexdiag.core.cassette import FORMAT, Header

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "reference" / "schemas" / f"cassette-{FORMAT}.json"


def whole() -> dict[str, Any]:
    """The header, or any other line."""
    (header, line), parts = msgspec.json.schema_components((Header, Line), ref_template="#/$defs/{name}")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"a line of a cassette, format {FORMAT}",
    }
    first = {"required": ["cassette"]}  # only the header has it
    return head | {"if": first, "then": header, "else": line, "$defs": parts}


def written() -> str:
    return json.dumps(whole(), indent=1, ensure_ascii=True) + "\n"


def test_the_file_is_what_the_types_say() -> None:
    assert FILE.read_text() == written(), "stale: run python tests/docs/test_cassette_lines.py"


def test_every_line_of_every_recording_is_one() -> None:
    """All that is committed fits; a line with a number where a text belongs does not."""
    validator = jsonschema.Draft202012Validator(whole())
    lines = [line for path in (ROOT / "cassettes").rglob("*.jsonl") for line in path.read_text().splitlines()]
    assert len(lines) > 100
    for line in lines:
        validator.validate(json.loads(line))
    assert not validator.is_valid({"exchange": 0, "request": {"method": 1, "url": "http://h/"}})
    assert not validator.is_valid({"cassette": FORMAT, "origin": 7})


if __name__ == "__main__":
    FILE.write_text(written())
