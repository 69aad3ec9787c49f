"""What a command imports before it does anything: start-up is felt, and names do not depend on the machine's load."""

import re
import subprocess
import sys

import pytest

HEAVY = {"asyncio", "httpx", "msgspec", "rich", "ssl", "textual", "typer", "uvicorn", "vcr"}
ROW = re.compile(r"^import time:\s*\d+ \|\s*\d+ \|\s*([\w.]+)$", re.MULTILINE)


def imported(*arguments: str) -> set[str]:
    """The full names of the modules that Python imports for `python ARGUMENTS`."""
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return set(ROW.findall(done.stderr))


def packages(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def test_version_imports_nothing() -> None:
    """`--version` is answered from four tiny modules of ours, before any library or room is touched."""
    found = imported("-m", "nexdiag", "--version")
    ours = {name for name in found if name.split(".")[0] == "nexdiag"}
    assert not HEAVY & packages(found)
    assert ours <= {"nexdiag", "nexdiag.__main__", "nexdiag.core", "nexdiag.core.version"}


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        pytest.param(("--help",), {"asyncio", "httpx", "textual", "uvicorn", "vcr"}, id="help"),
        pytest.param(("rule",), {"asyncio", "httpx", "textual", "uvicorn", "vcr"}, id="rule"),
    ],
)
def test_offline_command_imports_no_network(arguments: tuple[str, ...], unwanted: set[str]) -> None:
    """What reads and prints needs neither a client nor a server."""
    assert not unwanted & packages(imported("-m", "nexdiag", *arguments))


def test_the_package_is_light() -> None:
    """`import nexdiag` in a test suite costs nothing until something of it is used."""
    assert not HEAVY & packages(imported("-c", "import nexdiag"))


def test_the_plugin_is_light() -> None:
    """Every pytest run loads the plugin, also of those who do not use it."""
    found = imported("-c", "import nexdiag.pytest_plugin")
    without = imported("-c", "import pytest")
    assert not HEAVY & packages(found - without)
