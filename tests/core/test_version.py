"""The version of nexdiag."""

import tomllib
from pathlib import Path

import nexdiag
from nexdiag.core.version import TOOL, VERSION


def test_there_is_one_version() -> None:
    """The package, its metadata and its recordings name the same."""
    pyproject = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert nexdiag.__version__ == VERSION == pyproject["project"]["version"]
    assert f"nexdiag {VERSION}" == TOOL
