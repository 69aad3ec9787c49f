"""The keys of docs/reference/config.md and settings.md, from the types that read them.

    python tests/docs/test_config.py

Run as a program, it writes what stands below the heading "Every key" of config.md; the tables of settings.md are held
to the code.
"""

import ast
import inspect
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from nexdiag.agent import config
from nexdiag.runner import settings

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "docs" / "reference" / "config.md"
SETTINGS = ROOT / "docs" / "reference" / "settings.md"
STALE = "run: python tests/docs/test_config.py"
_HEADING = "## Every key\n"
_TABLES = {
    "[agent]": config.Agent,
    "[[llm_endpoints.endpoints]]": config.EndpointEntry,
    "[tools]": config.Tools,
    "[tools.web_search]": config.WebSearch,
    "[mcp.servers.NAME]": config.McpServer,
}
_WORDS = {int: "number", float: "number", str: "text", bool: "`true`, `false`"}


def page() -> str:
    """The page with its last part anew."""
    prose = CONFIG.read_text(encoding="utf-8").partition(_HEADING)[0]
    head = "Written by `tests/docs/test_config.py` from what reads the file.\n"
    tables = "".join("".join(_table(name, kind)) for name, kind in _TABLES.items())
    return f"{prose}{_HEADING}\n{head}{tables}"


def _table(name: str, kind: type[msgspec.Struct]) -> Iterator[str]:
    yield f"\n| `{name}` | takes | default | is |\n|---|---|---|---|\n"
    told = _told(kind)
    hints = typing.get_type_hints(kind)
    for field in msgspec.structs.fields(kind):
        value = "" if field.default in (None, msgspec.NODEFAULT, "", ()) else f"`{field.default}`".lower()
        yield f"| `{field.encode_name}` | {_takes(hints[field.name])} | {value} | {told.get(field.name, '')} |\n"


def _told(kind: type[msgspec.Struct]) -> dict[str, str]:
    """What stands in quotes below a field."""
    (body,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            words = " ".join(str(ast.literal_eval(after.value)).split())
            found[field.target.id] = words.replace("None for ", "Without it, ").replace("None: ", "Without it, ")
    return found


def _takes(hint: object) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return next(_takes(one) for one in arguments if one is not type(None))
    if origin is typing.Literal:
        return ", ".join(f"`{one}`" for one in arguments)
    if origin is tuple:
        return "list of texts"
    if origin is not None and issubclass(origin, typing.Mapping):
        return "table"
    return _WORDS.get(hint, "table") if isinstance(hint, type) else "text"  # a table of its own, below


def test_every_key_of_the_config_is_told() -> None:
    """The table of keys is that of the types."""
    assert CONFIG.read_text(encoding="utf-8") == page(), STALE


def test_the_example_of_the_config_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page shows as config.toml is read without a complaint."""
    monkeypatch.setenv("MY_KEY", "k")
    shown = re.findall(r"^```toml\n(.*?)^```", CONFIG.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (tmp_path / "config.toml").write_text("\n".join(shown))
    read = config.read(tmp_path)
    assert read.agent.tools == ("read_file", "grep")


@pytest.mark.parametrize("table", settings._TABLES)
def test_every_setting_is_told(table: str) -> None:
    """Each key has its row under its table's heading, with the words that it takes; no row is of a key that is gone."""
    part = SETTINGS.read_text(encoding="utf-8").partition(f"## [{table}]\n")[2].partition("\n## ")[0]
    rows = {match[1]: match[0] for match in re.finditer(r"^\| `(\w+)` \|.*$", part, re.MULTILINE)}
    assert set(rows) == set(settings._TABLES[table].__struct_fields__)
    for key, words in settings._CHOICES.get(table, {}).items():
        assert all(f"`{word}`" in rows[key] for word in words), key


if __name__ == "__main__":
    CONFIG.write_text(page(), encoding="utf-8")
