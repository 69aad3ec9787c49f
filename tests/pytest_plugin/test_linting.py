"""`nexdiag_lint`, in a real inner pytest."""

from inner_pytest import QUESTIONS, Gathered

SUITE = (
    QUESTIONS
    + """
def badly(url):
    try:
        say(TWICE, url=url)
    except openai.APIStatusError:
        pass

@pytest.mark.nexdiag(like="llama.cpp-strict", lint=True)
def test_endpoint(nexdiag_endpoint):
    badly(nexdiag_endpoint)

@pytest.mark.nexdiag(like="llama.cpp-strict", lint=True, allow="role-alternation")
def test_allowed(nexdiag_endpoint):
    badly(nexdiag_endpoint)

@pytest.mark.nexdiag(like="llama.cpp-strict", select=["NX102"])
def test_selected(nexdiag_endpoint):
    badly(nexdiag_endpoint)

@pytest.mark.nexdiag(cassette="five.cassette.jsonl")
def test_replay(nexdiag_replay, nexdiag_lint):
    say(QUESTIONS[0], url=nexdiag_replay)
    badly(nexdiag_replay)

@pytest.mark.nexdiag(profile="llama.cpp-strict")
def test_live():
    say(TWICE)

@pytest.mark.nexdiag(profile="llama.cpp-strict", record_mode="rewrite")
def test_recorded():
    say(TWICE)

def test_seen(nexdiag_lint):
    say(TWICE)
    assert [one.code for one in nexdiag_lint.findings] == ["NX101"]

@pytest.mark.nexdiag(profile="llama.cpp-strict")
def test_sound():
    say("hi")

@pytest.mark.nexdiag(profile="llama.cpp-strict")
class TestSome:
    def test_silent(self): pass
"""
)
INNER = {"linting/test_linting.py": SUITE}
FOUND = ("test_endpoint", "test_replay", "test_live", "test_recorded", "test_seen")


def test_what_a_test_sends_is_linted_wherever_it_goes(gathered: Gathered) -> None:
    """To a stub, a replay, a server or a cassette; what is allowed, or not asked for, fails nothing."""
    tests = gathered.done.of("linting/test_linting.py")
    assert sorted(name for name, one in tests.items() if one.failed) == sorted(FOUND)
    assert len(tests) == len(FOUND) + 4
    assert sum(one.counts.get("findings", 0) for one in tests.values()) == 5


def test_a_finding_is_told_with_its_fix_and_the_command_that_shows_it(gathered: Gathered) -> None:
    """And without a server that said nothing."""
    tests = gathered.done.of("linting/test_linting.py")
    for name in FOUND:
        assert "NX101 role-alternation" in tests[name].told, name
        assert "messages[0] and messages[1] are both user" in tests[name].told
        assert "fix         merge messages[1] into messages[0]" in tests[name].told
        assert "said nothing" not in tests[name].told
    for name in ("test_endpoint", "test_live", "test_recorded"):
        assert "repro      nexdiag lint" in tests[name].told
    assert "without a recording" in tests["test_replay"].told
