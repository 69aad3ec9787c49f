"""The import contracts in pyproject.toml hold, and each of them would be seen to break."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIGURATION = ROOT / "pyproject.toml"
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads(CONFIGURATION.read_text())["tool"]["importlinter"]["contracts"]
}
BREACHES = (
    ("floors", "diff/compare.py", "from nexdiag.lint import words"),
    ("floors", "codec/sse.py", "from nexdiag.diff import compare"),
    ("floors", "http1/heads.py", "from nexdiag.codec import sse"),
    ("floors", "http1/inbound.py", "from nexdiag.replay import server"),
    ("floors", "runner/play.py", "from nexdiag.endpoint import stub"),
    ("words", "core/message.py", "import time"),
    ("words", "core/cassette.py", "from pathlib import Path"),
    ("pure", "agent/loop/budget.py", "import httpx"),
    ("pure", "agent/loop/machine.py", "from nexdiag.agent import client"),
    ("pure", "capture/redaction/redact.py", "import socket"),
    ("pure", "codec/sse.py", "import asyncio"),
    ("pure", "diff/compare.py", "import socket"),
    ("pure", "http1/heads.py", "import socket"),
    ("pure", "lint/engine.py", "import asyncio"),
    ("pure", "replay/matching/matcher.py", "import asyncio"),
    ("pure", "report/html.py", "import subprocess"),
    ("listening", "replay/serving/server.py", "import httpx"),
    ("listening", "replay/serving/sending.py", "from nexdiag.replay import player"),
    ("vcr", "runner/play.py", "import vcr"),
    ("typer", "runner/play.py", "import typer"),
    ("typer", "report/html.py", "import click"),
    ("textual", "cli/app.py", "import textual"),
    ("pytest", "runner/play.py", "import pytest"),
    ("rich", "report/html.py", "import rich"),
    ("mcp", "runner/play.py", "import mcp"),
    ("jinja2", "lint/judging.py", "import jinja2"),
)
"""A contract, a file of the package, and an import there that breaks this contract and no other."""


LINTER = """
import contextlib, io, json, sys
from importlinter.cli import lint_imports
for _ in sys.stdin:
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        code = lint_imports(no_logo=True)
    print(json.dumps([code, shown.getvalue()]), flush=True)
"""
"""Lints the package in its working directory at each line that it is sent; what did not change is parsed once."""


class Copy:
    """A copy of the package that tests may break and must mend, and an import-linter that watches it."""

    def __init__(self, package: Path, linter: "subprocess.Popen[str]") -> None:
        self.package = package
        self.linter = linter

    def broken(self) -> set[str]:
        """The names of the contracts that import-linter finds broken there."""
        assert self.linter.stdin is not None
        assert self.linter.stdout is not None
        self.linter.stdin.write("\n")
        self.linter.stdin.flush()
        code, shown = json.loads(self.linter.stdout.readline())
        verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)\b", shown, re.MULTILINE))
        assert set(verdicts) == set(CONTRACTS.values()), shown
        found = {name for name, verdict in verdicts.items() if verdict == "BROKEN"}
        assert code == bool(found)
        return found


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """One for all tests: to copy the package and to start the linter costs more than to lint it."""
    where = tmp_path_factory.mktemp("contracts")
    shutil.copytree(ROOT / "nexdiag", where / "nexdiag", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CONFIGURATION, where)
    # A narrow terminal would fold the names.
    environment = {**os.environ, "PYTHONPATH": str(where), "COLUMNS": "250", "NO_COLOR": "1"}
    words = [sys.executable, "-c", LINTER]
    with subprocess.Popen(
        words, cwd=where, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as linter:
        yield Copy(where / "nexdiag", linter)


def test_the_package_keeps_all_contracts(copy: Copy) -> None:
    """What is committed breaks none."""
    assert copy.broken() == set()


def test_every_contract_has_a_breach_to_be_tested_with() -> None:
    """A contract that is added without one fails here."""
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "module", "breach"), BREACHES)
def test_a_breach_is_found(copy: Copy, contract: str, module: str, breach: str) -> None:
    """One forbidden import breaks exactly the contract that forbids it."""
    path = copy.package / module
    kept = path.read_text()
    try:
        path.write_text(f"{kept}\n{breach}\n")
        assert copy.broken() == {CONTRACTS[contract]}
    finally:
        path.write_text(kept)


def test_a_room_without_a_floor_is_found(copy: Copy) -> None:
    """A new room must say on which floor it stands."""
    room = copy.package / "attic"
    room.mkdir()
    try:
        (room / "__init__.py").write_text('"""A room."""\n')
        assert copy.broken() == {CONTRACTS["floors"]}
    finally:
        shutil.rmtree(room)


def names(path: Path) -> set[str]:
    """Whatever a module imports, by its full name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "nexdiag" / "core").rglob("*.py")), ids=lambda path: str(path.stem))
def test_core_knows_only_the_standard_library_and_msgspec(path: Path) -> None:
    """The contract can only list what is forbidden; this is what is allowed."""
    allowed = {*sys.stdlib_module_names, "msgspec"}
    strangers = [
        name for name in names(path) if name.split(".")[0] not in allowed and not name.startswith("nexdiag.core.")
    ]
    assert not strangers
