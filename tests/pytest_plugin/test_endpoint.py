"""`nexdiag_endpoint`, in a real inner pytest."""

from inner_pytest import SAY, Gathered

SUITE = (
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
INNER = {"endpoint/test_endpoint.py": SUITE}
FILE = "endpoint/test_endpoint.py"


def test_a_marked_test_gets_a_server_with_those_manners(gathered: Gathered) -> None:
    """It answers by its script and refuses as its server does, and all that came to it is counted."""
    tests = gathered.done.of(FILE)
    assert {name: one.failed for name, one in tests.items()} == {
        "test_answered": [], "test_refused": [], "test_unmarked": [],
        "test_refused_and_failed": ["call"], "test_unknown": ["setup"],
    }  # fmt: skip
    assert sum(one.counts.get("stubbed", 0) for one in tests.values()) == 4
    assert "unknown profile 'llama.cp'" in tests["test_unknown"].told
    assert "During handling" not in tests["test_unknown"].told


def test_a_test_that_fails_is_told_what_was_refused(gathered: Gathered) -> None:
    """The finding, the server's words, the fix, and a file with what was sent."""
    failed = gathered.done.of(FILE)["test_refused_and_failed"].told
    assert "NX101 role-alternation" in failed
    assert "messages[0] and messages[1] are both user" in failed
    assert "the server  Unable to generate parser" in failed
    assert "fix         merge messages[1]" in failed
    kept = next((gathered.root / "kept").rglob("test_refused_and_failed.cassette.jsonl"))
    assert f"recording  {kept.relative_to(gathered.root)}" in failed
    assert "repro      nexdiag lint" in failed
