"""docs/reference/json-schemas.md and schemas/: what scripts read. Run as a program, it writes them.

    python tests/docs/test_schemas.py

The shapes stand in tests/docs/shapes.py; here real outputs are held to them.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a program, it is not pytest that finds tests/

from docs.shapes import SHAPES, SHARED, schema

from nexdiag.cli.app import run

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "json-schemas.md"
FILES = ROOT / "docs" / "reference" / "schemas"
STALE = "run: python tests/docs/test_schemas.py"
ALL = str(ROOT / "cassettes")
TORN = "torn.cassette.jsonl"
FIVE = str(ROOT / "cassettes/llama.cpp/five-back-to-back.cassette.jsonl")
_TOP = """# JSON outputs

Written by `tests/docs/test_schemas.py`, which holds the real outputs to it. The shapes are promises: a field
that is added brings a new minor version of nexdiag, one that goes or changes its type a new number behind the slash.
What is written is always valid JSON; SARIF and JUnit have standards of their own. Beside each table stands a JSON
Schema (2020-12) for programs.

"""


def file_name(name: str) -> str:
    """`nexdiag.lint/1` stands in `nexdiag.lint-1.json`."""
    return name.replace("/", "-") + ".json"


def whole(name: str) -> dict[str, Any]:
    """The JSON Schema of an output."""
    command, shape = SHAPES[name]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, "description": command}
    return head | schema(shape)


def page() -> str:
    """All of them, each as a table."""
    parts = [_TOP]
    for name, (command, shape) in SHAPES.items():
        parts.append(
            f"## {name}\n\n`{command}` · [schema](schemas/{file_name(name)})\n\n| field | type | is |\n|---|---|---|\n"
        )
        parts += _table(shape)
    for name, shape in SHARED.items():
        parts += [f"## a {name}\n\n| field | type | is |\n|---|---|---|\n", *_table(shape)]
    return "".join(parts).rstrip() + "\n"


def _table(shape: dict[str, Any]) -> list[str]:
    return [*(f"| `{path}` | {kind} | {told} |\n" for path, kind, told in rows("", shape)), "\n"]


def rows(path: str, shape: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - the notation of shapes.py
    """A row for each field, and for what is in it."""
    shared = next((name for name, one in SHARED.items() if one is shape), None)
    if shared is not None and path:
        return [(path, f"[a {shared}](#a-{shared})", "")]
    if isinstance(shape, list):
        return rows(f"{path}[]" if shape[0] is not None else path, shape[-1])
    if isinstance(shape, dict):
        if "*" in shape:
            return rows(f"{path}.*", shape["*"])
        named = ((name.rstrip("?"), inner) for name, inner in shape.items())
        return [row for name, inner in named for row in rows(f"{path}.{name}".lstrip("."), inner)]
    made = schema(shape)
    kinds = made.get("type", "any")
    kind = " or ".join(kinds) if isinstance(kinds, list) else kinds
    words = made.get("enum") or ([made["const"]] if "const" in made else [])
    return [
        (path, "string" if words else kind, made.get("description", "") or ", ".join(f"`{word}`" for word in words))
    ]


COMMANDS = {
    "nexdiag.lint/1": [
        ["lint", ALL, "--format", "json"],
        ["lint", "request.json", "--profile", "mistral", "--format", "json"],
        ["lint", "exchanges.jsonl", "--format", "json"],
    ],
    "nexdiag.portability/1": [["lint", FIVE, "--against", "vllm-strict,openai,mistral", "--format", "json"]],
    "nexdiag.cassette-check/1": [["cassette", "check", FIVE, TORN, "--format", "json"]],
    "nexdiag.cassette-stats/1": [["cassette", "stats", ALL, TORN, "--format", "json"]],
    "nexdiag.replay/1": [["replay", ALL, "changed.cassette.jsonl", TORN, "--format", "json"]],
    "nexdiag.survival/1": [["replay", "short.cassette.jsonl", "--faults", "all", "--format", "json"]],
    "nexdiag.diff/1": [
        ["diff", FIVE, FIVE.replace("five-back-to-back", "incident-pushed-warning"), "--format", "json"],
        ["diff", FIVE, "changed.cassette.jsonl", "--format", "json"],
    ],
    "nexdiag.drift/1": [["drift", ALL, "--format", "json"]],
    "nexdiag.report/1": [["report", ALL, TORN, "--format", "json"]],
}


@pytest.mark.parametrize("name", SHAPES)
def test_what_a_script_reads_is_what_is_promised(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each output fits its schema, every field named and no other there; and there was something in it."""
    monkeypatch.chdir(tmp_path)
    told = Path(FIVE).read_text()
    Path("changed.cassette.jsonl").write_text(told.replace("What would a recording", "What might a recording", 1))
    Path(TORN).write_text(told[:-40])
    assert run(["-q", "cassette", "prune", FIVE, "--turns", "1", "-o", "short.cassette.jsonl"]) == 0
    request = '{"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}'
    Path("request.json").write_text(request)
    Path("exchanges.jsonl").write_text(f'{{"id": "x", "request": {request}}}\n')
    for arguments in COMMANDS[name]:
        capsys.readouterr()
        run(arguments)
        out, err = capsys.readouterr()
        output = json.loads(out or "null") or pytest.fail(err)
        assert output["schema"] == name
        jsonschema.Draft202012Validator(whole(name)).validate(output)


@pytest.mark.parametrize("name", SHAPES)
def test_the_schemas_are_those_of_the_shapes(name: str) -> None:
    """What programs validate against is what is tested."""
    assert json.loads((FILES / file_name(name)).read_text(encoding="utf-8")) == whole(name), STALE


def test_every_output_with_a_schema_is_here() -> None:
    """A new `nexdiag.NAME/1` in the code is a new shape; the page is that of the shapes."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "nexdiag" / "report").rglob("*.py"))
    assert set(re.findall(r'"(nexdiag\.[a-z-]+/\d+)"', text)) == set(SHAPES)
    assert PAGE.read_text(encoding="utf-8") == page(), STALE


if __name__ == "__main__":
    FILES.mkdir(exist_ok=True)
    for one in SHAPES:
        (FILES / file_name(one)).write_text(json.dumps(whole(one), indent=2) + "\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
