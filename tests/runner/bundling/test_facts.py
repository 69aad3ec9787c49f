"""Versions, and nothing that names anybody."""

import getpass
import json
import platform
import socket
from pathlib import Path

from nexdiag.runner.bundling.facts import facts


def test_no_user_no_host_no_home() -> None:
    """Python, system and libraries are told."""
    told = facts()
    text = json.dumps(told)
    assert told["python"] == platform.python_version()
    assert "httpx" in text
    for name in (str(Path.home()), socket.gethostname(), f'"{getpass.getuser()}"'):
        assert name not in text
