"""`nexdiag_lint`, in a real inner pytest."""

from pathlib import Path

from inner_pytest import QUESTIONS, inner, live, recorded, told

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
"""
)


def test_what_a_test_sends_is_linted_wherever_it_goes(tmp_path: Path) -> None:
    """To a stub, a replay, a server or a cassette: with the finding, its fix and the command that shows it."""
    recorded(tmp_path)
    with live("Hello.") as url:
        done = inner(tmp_path, SUITE, OPENAI_BASE_URL=url)
    assert "5 failed, 3 passed" in done.stdout, done.stdout + done.stderr
    why = told(done)
    for name in ("test_endpoint", "test_replay", "test_live", "test_recorded"):
        assert "NX101 role-alternation" in why[name], name
        assert "messages[0] and messages[1] are both user" in why[name]
        assert "fix         merge messages[1] into messages[0]" in why[name]
    for name in ("test_endpoint", "test_live", "test_recorded"):
        assert "repro      nexdiag lint" in why[name]
    assert "without a recording" in why["test_replay"]
    assert "said nothing" not in done.stdout
    assert " · 5 findings" in done.stdout
