"""`nexdiag_endpoint`, in a real inner pytest."""

from pathlib import Path

from inner_pytest import SAY, inner, told

INNER = (
    SAY
    + """
@pytest.mark.nexdiag(like="llama.cpp-strict", script=["Hello."])
def test_answered(nexdiag_endpoint):
    assert say(url=nexdiag_endpoint) == "Hello."

@pytest.mark.nexdiag(like="llama.cpp-strict")
def test_refused(nexdiag_endpoint):
    with pytest.raises(openai.BadRequestError, match="roles must alternate"):
        say(TWICE, url=nexdiag_endpoint)

def test_unmarked(nexdiag_endpoint):
    assert say(url=nexdiag_endpoint, stream=True)

@pytest.mark.nexdiag(like="llama.cpp-strict")
def test_refused_and_failed(nexdiag_endpoint):
    say(TWICE, url=nexdiag_endpoint)

@pytest.mark.nexdiag(like="llama.cp")
def test_unknown(nexdiag_endpoint): pass
"""
)


def test_a_marked_test_gets_a_server_with_those_manners(tmp_path: Path) -> None:
    """It answers by its script and refuses as its server does; a failure has the finding, the words and a file."""
    done = inner(tmp_path, INNER, "--strict-markers", "-W", "error")
    assert "1 failed, 3 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "nexdiag: 0 scenarios · 0 exchanges replayed · 0 live · 4 from a stub · 0 findings" in done.stdout
    why = told(done)
    assert "unknown profile 'llama.cp'" in why["test_unknown"]
    assert "During handling" not in why["test_unknown"]
    failed = why["test_refused_and_failed"]
    assert "NX101 role-alternation" in failed
    assert "messages[0] and messages[1] are both user" in failed
    assert "the server  Unable to generate parser" in failed
    assert "fix         merge messages[1]" in failed
    kept = next((tmp_path / "kept").rglob("test_refused_and_failed.cassette.jsonl"))
    assert f"recording  {kept}" in failed or f"recording  {kept.relative_to(tmp_path)}" in failed
    assert "repro      nexdiag lint" in failed
