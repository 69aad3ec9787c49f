"""`nexdiag_cassette` and `nexdiag_recorder`, in real inner pytests, with the real SDK: sync, async and streamed."""

import contextlib
from pathlib import Path

import httpx
from for_serving import exchange, write
from inner_pytest import PLAIN, SAY, Gathered, commands_are_run, inner, live

from nexdiag.runner.load import load
from nexdiag.runner.tape import record

SUITE = (
    PLAIN
    + """
import unittest

HERE = os.environ["OPENAI_BASE_URL"]

@pytest.mark.nexdiag
def test_bare():
    assert say("hi") == "Hello."

@pytest.mark.nexdiag
@pytest.mark.parametrize("question", ["a/b", "a b"])
def test_each(question):
    assert say(question)

class TestNamed:
    def test_two(self, nexdiag_cassette):
        say("one"), say("two")
        assert len(nexdiag_cassette.played) + len(nexdiag_cassette.recorded) == 2

@pytest.fixture
def client():
    with httpx.Client(base_url=HERE) as client:
        assert client.get("/models").json()
        yield client
        say("goodbye")

@pytest.mark.nexdiag
def test_fixtures(client):
    pass

@pytest.mark.nexdiag(cassette="named.cassette.jsonl")
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_async(anyio_backend):
    import openai  # in one of the workers

    async with openai.AsyncOpenAI(api_key="x") as client:
        asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        chunks = await client.chat.completions.create(stream=True, **asked)
        assert [chunk async for chunk in chunks]

class TestCase(unittest.TestCase):
    @pytest.mark.nexdiag
    def test_of_unittest(self):
        self.assertEqual(say("hi"), "Hello.")

def test_plain(): pass

@pytest.mark.nexdiag(cassette="one.cassette.jsonl", faults="all", unplayed=True)
def test_faults(nexdiag_cassette):
    asked = {"model": "m", "messages": [{"role": "user", "content": "a"}]}
    try:
        httpx.post("http://model.example:8000/v1/chat/completions", json=asked, timeout=0.1)
    except httpx.HTTPError:
        pass
"""
)


def test_a_suite_is_recorded_by_two_workers_and_then_played_without_a_server(tmp_path: Path) -> None:
    """A cassette for each test, beside its file; fixtures are met too; the sums come from the workers.

    And the runs of faults="all" have the same ids in both: workers that collect different tests run none.
    """
    write(tmp_path / "one.cassette.jsonl", exchange(0, "a"))
    other = ("-p", "anyio", "-p", "xdist")
    with live("Hello.") as url:
        made = inner(
            tmp_path, SUITE, "--record-mode=once", "-n2", "--strict-markers", *other,
            OPENAI_BASE_URL=url,
        )  # fmt: skip
    assert not [name for name, one in made.tests.items() if one.failed], made.out
    assert len(made.tests) - len([name for name in made.tests if "test_faults[" in name]) == 8
    assert "nexdiag: 8 scenarios · 28 exchanges replayed · 9 live · 0 findings" in made.out
    names = sorted(path.name for path in (tmp_path / "cassettes" / "test_inner").iterdir())
    assert len(names) == 6
    assert names[:2] == ["TestCase.test_of_unittest.cassette.jsonl", "TestNamed.test_two.cassette.jsonl"]
    assert (tmp_path / "named.cassette.jsonl").exists()
    fixtures = load(tmp_path / "cassettes" / "test_inner" / "test_fixtures.cassette.jsonl")
    assert len(fixtures.exchanges) == 2  # its setup's, and its teardown's
    (tmp_path / "pytest.ini").write_text("[pytest]\nnexdiag_record_mode = once\n")
    nowhere = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "CI": "true"}
    played = inner(tmp_path, SUITE, "-W", "error", "-k", "not faults", *other[:2], **nowhere)
    assert "8 passed" in played.out, played.out
    assert "nexdiag: 7 scenarios · " in played.out
    assert " replayed · 0 live · 0 findings" in played.out


WRONG = (
    SAY
    + """
import unittest

@pytest.fixture
def late():
    yield
    say("too late")

@pytest.mark.nexdiag(record="a.cassette.jsonl")
def test_first():
    say()

@pytest.mark.nexdiag(record="b.cassette.jsonl")
def test_second():
    say()

@pytest.mark.nexdiag(cassette="a.cassette.jsonl")
def test_changed():
    say("hi there")

@pytest.mark.nexdiag(cassette="a.cassette.jsonl")
def test_swallowed():
    try:
        say("hi", temperature=1)
    except openai.OpenAIError:
        pass
    except Exception:
        pass

@pytest.mark.nexdiag(cassette="a.cassette.jsonl")
def test_unplayed(): pass

@pytest.mark.nexdiag(cassette="a.cassette.jsonl", unplayed=True)
def test_allowed(): pass

@pytest.mark.nexdiag(cassette="a.cassette.jsonl")
def test_own_failure(nexdiag_cassette):
    assert say() == "Bye."

@pytest.mark.nexdiag(cassette="a.cassette.jsonl")
def test_late(late):
    say()

@pytest.mark.nexdiag
def test_not_recorded():
    say()

@pytest.mark.nexdiag(cassette="a.cassette.jsonl")
def test_on_top():
    say()
    say("another")

@pytest.mark.nexdiag(cassette="a.cassette.jsonl")
def test_breaks_a_rule():
    say(TWICE)

def nowhere():
    import httpx
    httpx.post("http://127.0.0.1:9/v1/chat/completions", json=TWICE, trust_env=False)

@pytest.mark.nexdiag(cassette="down.cassette.jsonl", record_mode="once")
def test_down():
    nowhere()

@pytest.mark.nexdiag(cassette="dead.cassette.jsonl")
def test_dead():
    nowhere()

@pytest.fixture
def broken():
    pytest.fail("cannot be made")

@pytest.mark.nexdiag(cassette="a.cassette.jsonl", record_mode="rewrite")
def test_broken_setup(nexdiag_cassette, broken):
    say()

@pytest.mark.nexdiag(cassette="b.cassette.jsonl", record_mode="rewrite")
def test_recorded_badly(nexdiag_cassette):
    assert say("something else") == "Bye."

@pytest.mark.nexdiag(record_mode="once")
def test_nothing_sent(): pass

class TestBadly(unittest.TestCase):
    @pytest.mark.nexdiag(cassette="b.cassette.jsonl", record_mode="rewrite")
    def test_recorded(self):
        self.assertEqual(say("something else"), "Bye.")

def test_recorder(nexdiag_recorder):
    say()
    assert [one.response.status for one in nexdiag_recorder.exchanges] == [200]
    assert nexdiag_recorder.path.exists()

@pytest.mark.nexdiag(record="kept.cassette.jsonl")
def test_kept():
    assert say(stream=True)
"""
)


MODULE = """
pytestmark = pytest.mark.nexdiag(record_mode="once")

def test_sends(): say()

def test_sends_nothing(): pass

@pytest.mark.nexdiag(cassette="x.cassette.jsonl")
def test_live(nexdiag_cassette):
    say("never recorded")
    assert len(nexdiag_cassette.recorded) == 1
"""


def prepare(root: Path) -> None:
    """A recording of a server that was down."""
    (root / "tape").mkdir(parents=True, exist_ok=True)
    url = "http://127.0.0.1:9/v1/chat/completions"
    with contextlib.suppress(httpx.ConnectError), record(root / "tape" / "dead.cassette.jsonl"):
        asked = [{"role": "user", "content": text} for text in "ab"]
        httpx.post(url, json={"model": "m", "messages": asked}, trust_env=False)


INNER = {"tape/test_wrong.py": WRONG, "tape/module/test_module.py": SAY + MODULE}
FILE = "tape/test_wrong.py"


def test_what_was_not_as_recorded_fails_the_test(gathered: Gathered) -> None:
    """At its end, or where its last fixture has gone; also where the client swallowed the error."""
    tests = gathered.done.of(FILE)
    assert {name: one.failed for name, one in tests.items() if one.failed} == {
        "test_changed": ["call"], "test_swallowed": ["call"], "test_own_failure": ["call"],
        "test_recorded_badly": ["call"], "TestBadly::test_recorded": ["call"],
        "test_unplayed": ["teardown"], "test_late": ["teardown"],
        "test_not_recorded": ["setup"], "test_on_top": ["call"], "test_breaks_a_rule": ["call"],
        "test_down": ["call"], "test_dead": ["call"], "test_broken_setup": ["setup"], "test_nothing_sent": ["teardown"],
    }  # fmt: skip


def test_a_request_without_a_recording_is_told_by_what_differs(gathered: Gathered) -> None:
    """The path with both values, how it is recorded anew, a file with what was sent, and what compares the two."""
    why = {name: one.told for name, one in gathered.done.of(FILE).items()}
    for name in ("test_changed", "test_swallowed"):
        assert "≠ tape/a.cassette.jsonl" in why[name]
        assert f"pytest --record-mode=rewrite {FILE}::{name}" in why[name]
        assert "record mode none" not in why[name] or "(tape/a.cassette.jsonl, record mode none)" in why[name]
        commands_are_run(gathered, why[name], "tape/a.cassette.jsonl")
        assert f"{name}.cassette.jsonl" in why[name].partition("sent  ")[2]
    assert '- "hi"\n    + "hi there"' in why["test_changed"]
    assert "/temperature   added" in why["test_swallowed"]
    assert "Unmatched" in why["test_late"]
    assert f"pytest --record-mode=new_episodes {FILE}::test_on_top" in why["test_on_top"]


def test_a_rule_that_a_miss_breaks_is_told_once_and_counted(gathered: Gathered) -> None:
    """By the recording's profile; the test need not ask for lint."""
    broken = gathered.done.of(FILE)["test_breaks_a_rule"]
    assert broken.told.count("NX101 role-alternation") == 1
    assert "fix         merge messages[1]" in broken.told
    assert broken.counts["findings"] == 1
    assert len(broken.counts["scenarios"]) == 1  # though its first request already failed


def test_a_failed_connection_is_told_whether_it_is_of_now_or_of_the_recording(gathered: Gathered) -> None:
    """Neither is recorded for ever, nor played without a word."""
    tests = gathered.done.of(FILE)
    assert "the connection failed: ConnectError" in tests["test_down"].told
    assert not (gathered.root / "tape" / "down.cassette.jsonl").exists()
    assert "exchange 0 of tape/dead.cassette.jsonl is a recorded failure" in tests["test_dead"].told
    assert f"pytest --record-mode=rewrite {FILE}::test_dead" in tests["test_dead"].told


def test_a_test_whose_setup_fails_has_one_error(gathered: Gathered) -> None:
    """That it sent nothing is no news."""
    assert gathered.done.of(FILE)["test_broken_setup"].failed == ["setup"]


def test_what_nobody_asked_for_and_what_is_not_there_say_what_to_type(gathered: Gathered) -> None:
    """To record it, to record it again, or to let it be."""
    why = {name: one.told for name, one in gathered.done.of(FILE).items()}
    assert "1 recorded exchange of tape/a.cassette.jsonl not asked for" in why["test_unplayed"]
    assert "unplayed=True" in why["test_unplayed"]
    assert "no request was made" in why["test_nothing_sent"]
    assert "no cassette at tape/cassettes/test_wrong/test_not_recorded.cassette.jsonl" in why["test_not_recorded"]
    assert f"record one: pytest --record-mode=once {FILE}::test_not_recorded" in why["test_not_recorded"]
    assert "recording  tape/a.cassette.jsonl" in why["test_own_failure"]


def test_what_a_test_that_fails_has_recorded_takes_no_good_recording_s_place(gathered: Gathered) -> None:
    """It is left beside, and said where."""
    for name in ("test_recorded_badly", "TestBadly::test_recorded"):
        assert "the cassette stays as it was: tape/b.cassette" in gathered.done.of(FILE)[name].told
    (good,) = load(gathered.root / "tape" / "b.cassette.jsonl").exchanges
    assert b"something else" not in good.request.body.join()
    left = next((gathered.root / "kept").rglob("test_recorded_badly.cassette.jsonl"))
    assert b"something else" in left.read_bytes()


def test_what_is_recorded_by_name_is_there(gathered: Gathered) -> None:
    """A streamed answer too."""
    (kept,) = load(gathered.root / "tape" / "kept.cassette.jsonl").exchanges
    assert kept.response is not None
    assert len(kept.response.chunks) > 1


def test_a_marker_of_a_module_leaves_those_alone_that_send_nothing(gathered: Gathered) -> None:
    """Some tests of a module are about something else: they leave no file, and do not fail."""
    tests = gathered.done.of("tape/module/test_module.py")
    assert [one.failed for one in tests.values()] == [[], [], []]
    there = gathered.root / "tape" / "module" / "cassettes" / "test_module"
    assert [path.name for path in there.iterdir()] == ["test_sends.cassette.jsonl"]


def test_with_recording_disabled_every_test_goes_to_its_server(tmp_path: Path) -> None:
    """And no cassette is touched."""
    (tmp_path / "x.cassette.jsonl").write_text("this is not looked at")
    with live("Hello.") as url:
        done = inner(tmp_path, PLAIN + MODULE, "--disable-recording", OPENAI_BASE_URL=url)
    assert "3 passed" in done.out, done.out
    assert not (tmp_path / "cassettes").exists()
