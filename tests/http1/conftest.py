"""A proxy between raw sockets for every test of it."""

from pathlib import Path

import pytest
from proxied import Make, proxied


@pytest.fixture
def world(tmp_path: Path) -> Make:
    """A proxy, and an upstream that answers as it is told to: to be entered with `async with`."""
    return lambda *args, **options: proxied(tmp_path / "c", *args, **options)
