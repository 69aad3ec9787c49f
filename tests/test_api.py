"""What `import nexdiag` promises to scripts."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import vcr

import nexdiag
from nexdiag.codec import cassette
from nexdiag.core.cassette import Cassette, Header
from nexdiag.endpoint.serving import running
from nexdiag.endpoint.stub import StubEndpoint
from nexdiag.lint.profiles import named


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


def test_a_chat_is_recorded_and_played(tmp_path: Path) -> None:
    """`nexdiag.use_cassette` records the first time, and plays from then on, without a server."""
    path = tmp_path / "a.cassette.jsonl"
    asked = {"messages": [{"role": "user", "content": "hello"}]}
    with running(StubEndpoint(named("vllm"), script=("Good morning.",))) as url, nexdiag.record(path):
        live = httpx.post(f"{url}/v1/chat/completions", json=asked)
    with nexdiag.use_cassette(path):
        played = httpx.post(f"{url}/v1/chat/completions", json=asked)
    assert "Good morning." in live.text
    assert played.content == live.content


def test_the_way_through_vcrpy_is_a_vcr() -> None:
    """`nexdiag.vcr()` is vcrpy's own class, with our cassettes in it."""
    assert isinstance(nexdiag.vcr(), vcr.VCR)
