"""Tests of the terminal UI run on asyncio: textual does."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
