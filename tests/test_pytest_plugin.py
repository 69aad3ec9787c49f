"""The pytest plugin, for those who do not use it: nothing happens to them. What it does is in tests/pytest_plugin/."""

from pathlib import Path

from inner_pytest import inner

SUITE = """
import socket, sys
import pytest

ROOMS = {"nexdiag", "nexdiag.core", "nexdiag.core.version", "nexdiag.pytest_plugin"}
PLAIN = socket.socket.connect

def test_nothing_is_there(request):
    rooms = {name for name in sys.modules if name.startswith("nexdiag")} - ROOMS
    assert not {name for name in rooms if not name.startswith("nexdiag.pytest_plugin.")}
    assert not {"httpx", "uvicorn", "msgspec", "asyncio"} & set(sys.modules)
    assert "nexdiag.pytest_plugin.network" not in sys.modules
    assert not [name for name in request.fixturenames if "nexdiag" in name]
    assert socket.socket.connect is PLAIN

@pytest.mark.parametrize("one", [1, 2])
def test_each(one): pass
"""
WITHOUT = ("-p", "no:anyio", "-p", "no:recording", "-p", "no:xdist")
"""Plugins that import what we do not."""


def test_a_suite_that_does_not_ask_pays_nothing_and_sees_nothing(tmp_path: Path) -> None:
    """No room of nexdiag is imported, and no HTTP library; no fixture is given, no line written, no network closed."""
    done = inner(tmp_path, SUITE, *WITHOUT, "-W", "error", alone=False)
    assert "3 passed" in done.out, done.out
    assert "nexdiag" not in done.out
    assert not (tmp_path / "cassettes").exists()
