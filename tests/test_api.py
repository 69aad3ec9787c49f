"""What `import nexdiag` promises to scripts."""

import subprocess
import sys
from pathlib import Path

import pytest

import nexdiag
from nexdiag.codec import cassette
from nexdiag.core.cassette import Cassette, Header


def test_load_gives_the_cassette(tmp_path: Path) -> None:
    """`nexdiag.load(path)` reads a recording."""
    path = tmp_path / "a.cassette.jsonl"
    path.write_bytes(cassette.encode(Cassette(header=Header(model="m"))))
    assert nexdiag.load(path).header.model == "m"


def test_importing_costs_nothing() -> None:
    """No room is imported before one is asked for."""
    ours = "sorted(name for name in sys.modules if name.startswith('nexdiag.') and 'core' not in name)"
    program = f"import sys, nexdiag; print({ours})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """As for any module."""
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        nexdiag.nonsense  # noqa: B018 - the access is the test
