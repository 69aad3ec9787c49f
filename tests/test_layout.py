"""The tree is laid out as docs/architecture.md says: a place for everything, and a test for every module."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
PACKAGE, TESTS = ROOT / "nexdiag", ROOT / "tests"
TOP_LEVEL = {
    *("README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", "pyproject.toml", "noxfile.py", "uv.lock"),
    *("nexdiag", "cassettes", "reports", "tests", "benchmarks", "examples", "docs"),
}
LONGEST = 400
WITHOUT_A_MODULE = {
    "clients/test_codex.py": "a client that is not ours, recorded: @openai/codex",
    "clients/test_llm.py": "the same with llm",
    "clients/test_openai.py": "the same with the openai SDK",
    "clients/test_replayed_codex.py": "codex, answered from its recording",
    "clients/test_replayed_openai.py": "the openai SDK, likewise",
    "clients/test_replayed_raw.py": "curl, requests and aiohttp, likewise",
    "docs/test_told.py": "docs/ and README.md: every command of theirs",
    "docs/test_commands.py": "docs/reference/commands.md",
    "docs/test_config.py": "docs/reference/config.md and settings.md",
    "docs/test_cassette_lines.py": "docs/reference/schemas/cassette-2.json",
    "docs/test_schemas.py": "docs/reference/schemas/ and what is written by them",
    "docs/test_servers.py": "docs/explanation/what-servers-refuse.md",
    "agreement/test_llama.py": "the verdicts of lint, against the real llama.cpp",
    "agreement/test_mistral_common.py": "the same, against mistral-common's validator",
    "lint/test_ablation.py": "tests/lint/failures/, each told in another way",
    "lint/test_patterns.py": "the expressions of all rules, and how long they take",
    "lint/test_failures.py": "tests/lint/failures/",
    "lint/test_statements.py": "every statement of every profile, with its rule",
    "test_battle.py": "the executor as a whole, against a real server",
    "test_cassettes.py": "cassettes/ and reports/sample/",
    "test_contracts.py": "pyproject.toml",
    "test_faults.py": "docs/reference/faults.md",
    "test_layout.py": "the tree",
    "test_start_up.py": "what a command imports",
}
"""Tests that stand at the top, and what they are about."""


def modules() -> Iterator[PurePosixPath]:
    """Every module that wants a test, relative to the package; `__init__.py` only if it holds code."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = PurePosixPath(path.relative_to(PACKAGE))
        if module.name == "__main__.py" or (module.name == "__init__.py" and only_words(path)):
            continue
        yield module


def only_words(path: Path) -> bool:
    """Whether a module holds nothing but its docstring, and perhaps the version, or is a family's list of its rules."""
    body = ast.parse(path.read_text()).body
    if (
        path.name == "__init__.py" and path.parent.parent.name == "rules"
    ):  # tests/lint/test_rules.py is about all of them
        return True
    return all(isinstance(node, ast.Expr | ast.Assign) and isinstance(node.value, ast.Constant) for node in body)


def its_test(module: PurePosixPath) -> PurePosixPath:
    """`a/b.py` is tested by `a/test_b.py`, and so is the package `a/b/`; nexdiag itself by `test_api.py`."""
    named = module.parent if module.name == "__init__.py" else module
    return named.parent / f"test_{named.stem or 'api'}.py"


def tracked() -> list[PurePosixPath]:
    """What git keeps, or what is there if this is no checkout."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        listing = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return [PurePosixPath(name) for name in listing.split("\0") if name]
    return [PurePosixPath(path.relative_to(ROOT)) for path in ROOT.iterdir()]


def test_every_module_has_its_test() -> None:
    """`nexdiag/a/b.py` has `tests/a/test_b.py`."""
    missing = [f"tests/{its_test(module)}" for module in modules() if not (TESTS / its_test(module)).is_file()]
    assert not missing, "\n".join(missing)


def test_every_test_has_its_module() -> None:
    """`tests/a/test_b.py` has `nexdiag/a/b.py`, but for the few that stand at the top and say what they are about."""
    wanted = {its_test(module) for module in modules()}
    found = {PurePosixPath(path.relative_to(TESTS)) for path in TESTS.rglob("test_*.py")}
    strays = sorted(str(path) for path in found - wanted if str(path) not in WITHOUT_A_MODULE)
    assert not strays, "\n".join(strays)


def test_tests_are_no_package() -> None:
    """Tests are found by their path; an `__init__.py` would make them a package."""
    assert not list(TESTS.rglob("__init__.py"))


def test_modules_are_short() -> None:
    """No module is longer than what one can keep in mind."""
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert not {name: length for name, length in lengths.items() if length > LONGEST}


def test_modules_say_what_they_are() -> None:
    """Each module opens with its law, packages included."""
    assert not [str(path) for path in PACKAGE.rglob("*.py") if not ast.get_docstring(ast.parse(path.read_text()))]


def test_top_level_holds_nothing_else() -> None:
    """A new file at the top has to be argued for, here and in docs/architecture.md."""
    names = {path.parts[0] for path in tracked()}
    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL
