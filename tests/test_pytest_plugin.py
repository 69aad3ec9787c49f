"""The pytest plugin, in real inner pytests."""

import subprocess
import sys
from pathlib import Path

import pytest

INNER = """
import urllib.error, urllib.request, json
import pytest

def ask(url, messages):
    body = json.dumps({"model": "m", "messages": messages}).encode()
    request = urllib.request.Request(url + "/v1/chat/completions", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["choices"][0]["message"]["content"]

HI = {"role": "user", "content": "hi"}

@pytest.mark.nexdiag(like="llama.cpp-strict", script=["Hello."])
def test_answered(nexdiag_endpoint):
    assert ask(nexdiag_endpoint, [HI]) == "Hello."

@pytest.mark.nexdiag(like="llama.cpp-strict")
def test_refused(nexdiag_endpoint):
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(nexdiag_endpoint, [HI, HI])
    assert b"roles must alternate" in refused.value.read()

def test_unmarked(nexdiag_endpoint):
    assert ask(nexdiag_endpoint, [HI])
"""


def inner(tmp_path: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_inner.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


def test_a_marked_test_gets_a_server_with_those_manners(tmp_path: Path) -> None:
    """The marker passes --strict-markers; the endpoint answers by its script and refuses as its server does."""
    done = inner(tmp_path, INNER, "--strict-markers", "-W", "error")
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_an_unknown_server_is_an_error_of_that_test(tmp_path: Path) -> None:
    """It names the profile and the nearest one."""
    text = INNER.replace('like="llama.cpp-strict")', 'like="llama.cp")')
    done = inner(tmp_path, text)
    assert "unknown profile 'llama.cp'" in done.stdout


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ('"llama.cpp"', ["wanted keys, found 'llama.cpp' by position", "nexdiag(like='llama.cpp')"]),
        ('lik="vllm"', ["unknown key 'lik'", "did you mean like?"]),
        ("quux=1", ["unknown key 'quux'", "known: like, script"]),
        ('script="Hello."', ["wanted a list of answers as script, found 'Hello.'", "script=['Hello.']"]),
        ("script=[1]", ["wanted a list of answers as script, found [1]"]),
        ("like=None", ["wanted a profile's name as like, found None"]),
    ],
)  # fmt: skip
def test_a_marker_of_another_form_is_told(tmp_path: Path, marker: str, said: list[str]) -> None:
    """Nothing in a marker is ignored: the test that has it fails with what to write, and no traceback."""
    text = f"import pytest\n\n@pytest.mark.nexdiag({marker})\ndef test_it(nexdiag_endpoint): pass\n"
    done = inner(tmp_path, text)
    assert "1 error" in done.stdout
    for words in said:
        assert words in done.stdout
    assert "Traceback" not in done.stdout
    assert "pytest_plugin.py" not in done.stdout


def test_a_suite_that_does_not_ask_pays_nothing(tmp_path: Path) -> None:
    """With the plugin loaded, a test that asks for nothing imports no room of nexdiag and no HTTP library."""
    text = """
import sys
def test_nothing_is_there():
    rooms = [name for name in sys.modules if name.startswith("nexdiag.") and name != "nexdiag.pytest_plugin"]
    assert [name for name in rooms if not name.startswith("nexdiag.core")] == []
    assert "httpx" not in sys.modules and "uvicorn" not in sys.modules
"""
    done = inner(tmp_path, text)
    assert "1 passed" in done.stdout, done.stdout
