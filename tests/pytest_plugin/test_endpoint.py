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

CALL = {"tool_calls": [{"name": "add", "arguments": {"a": 1}}]}

@pytest.mark.nexdiag(script=[CALL, "Done."])
def test_calls(nexdiag_endpoint):
    with openai.OpenAI(base_url=nexdiag_endpoint + "/v1", api_key="x") as client:
        asked = [{"role": "user", "content": "hi"}]
        made = client.chat.completions.create(model="m", messages=asked).choices[0].message
    assert made.tool_calls[0].function.name == "add"

@pytest.mark.nexdiag(script="answers.jsonl")
def test_of_a_file(nexdiag_endpoint):
    assert say(url=nexdiag_endpoint) == "Of a file."

@pytest.mark.nexdiag(script=["a", {"txt": "b"}])
def test_misspelt(nexdiag_endpoint): pass

@pytest.mark.nexdiag(script="none.jsonl")
def test_no_file(nexdiag_endpoint): pass

@pytest.mark.nexdiag(like="llama.cpp-strict", lint=True)
def test_linted_too(nexdiag_endpoint):
    say(TWICE, url=nexdiag_endpoint)

@pytest.mark.nexdiag(like="llama.cp")
def test_unknown(nexdiag_endpoint): pass
"""
)
INNER = {"endpoint/test_endpoint.py": SUITE, "endpoint/answers.jsonl": '{"text": "Of a file."}\n'}
FILE = "endpoint/test_endpoint.py"


def test_a_marked_test_gets_a_server_with_those_manners(gathered: Gathered) -> None:
    """It answers by its script and refuses as its server does, and all that came to it is counted."""
    tests = gathered.done.of(FILE)
    assert {name: one.failed for name, one in tests.items()} == {
        "test_answered": [], "test_refused": [], "test_unmarked": [],
        "test_refused_and_failed": ["call"], "test_unknown": ["setup"], "test_calls": [],
        "test_of_a_file": [], "test_misspelt": ["setup"], "test_no_file": ["setup"], "test_linted_too": ["call"],
    }  # fmt: skip
    assert sum(one.counts.get("stubbed", 0) for one in tests.values()) == 7
    assert "unknown profile 'llama.cp'" in tests["test_unknown"].told
    assert "script, answer 2: unknown key 'txt'" in tests["test_misspelt"].told
    assert "did you mean text?" in tests["test_misspelt"].told
    assert "found no file 'none.jsonl'" in tests["test_no_file"].told
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
    assert gathered.done.of(FILE)["test_refused_and_failed"].counts["findings"] == 1


def test_no_finding_is_told_twice(gathered: Gathered) -> None:
    """Where the test is linted and was refused, both know of it."""
    linted = gathered.done.of(FILE)["test_linted_too"]
    assert linted.told.count("NX101 role-alternation") == 1
    assert linted.counts["findings"] == 1
