"""The import contracts in pyproject.toml hold, and each of them would be seen to break."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
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


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "nexdiag", tmp_path / "nexdiag", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CONFIGURATION, tmp_path)
    return tmp_path


def broken(where: Path) -> set[str]:
    """The names of the contracts that import-linter finds broken in the package there."""
    linter = (
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    )
    # A narrow terminal would fold the names.
    environment = {**os.environ, "PYTHONPATH": str(where), "COLUMNS": "250", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-c", linter], cwd=where, env=environment, capture_output=True, text=True, check=False
    )
    verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))
    assert set(verdicts) == set(CONTRACTS.values()), done.stdout + done.stderr
    found = {name for name, verdict in verdicts.items() if verdict == "BROKEN"}
    assert done.returncode == bool(found)
    return found


def test_the_package_keeps_all_contracts(copy: Path) -> None:
    """What is committed breaks none."""
    assert broken(copy) == set()


def test_every_contract_has_a_breach_to_be_tested_with() -> None:
    """A contract that is added without one fails here."""
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "module", "breach"), BREACHES)
def test_a_breach_is_found(copy: Path, contract: str, module: str, breach: str) -> None:
    """One forbidden import breaks exactly the contract that forbids it."""
    path = copy / "nexdiag" / module
    path.write_text(f"{path.read_text()}\n{breach}\n")
    assert broken(copy) == {CONTRACTS[contract]}


def test_a_room_without_a_floor_is_found(copy: Path) -> None:
    """A new room must say on which floor it stands."""
    room = copy / "nexdiag" / "attic"
    room.mkdir()
    (room / "__init__.py").write_text('"""A room."""\n')
    assert broken(copy) == {CONTRACTS["floors"]}


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
