"""`nexdiag_cassette` and `nexdiag_recorder`, in real inner pytests, with the real SDK: sync, async and streamed."""

from pathlib import Path

from inner_pytest import SAY, inner, live, told

from nexdiag.runner.load import load

SUITE = (
    SAY
    + """
import unittest

@pytest.mark.nexdiag
def test_bare():
    assert say("hi") == "Hello."

@pytest.mark.nexdiag
@pytest.mark.parametrize("question", ["a/b", "a b"])
def test_each(question):
    assert say(question, stream=True)

class TestNamed:
    def test_two(self, nexdiag_cassette):
        say("one"), say("two")
        assert len(nexdiag_cassette.played) + len(nexdiag_cassette.recorded) == 2

@pytest.fixture
def client():
    with openai.OpenAI(api_key="x") as client:
        assert client.models.list()
        yield client
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "goodbye"}])

@pytest.mark.nexdiag
def test_fixtures(client):
    pass

@pytest.mark.nexdiag(cassette="named.cassette.jsonl")
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_async(anyio_backend):
    async with openai.AsyncOpenAI(api_key="x") as client:
        asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        chunks = await client.chat.completions.create(stream=True, **asked)
        assert [chunk async for chunk in chunks]

class TestCase(unittest.TestCase):
    @pytest.mark.nexdiag
    def test_of_unittest(self):
        self.assertEqual(say("hi"), "Hello.")

def test_plain(): pass
"""
)


def test_a_suite_is_recorded_by_two_workers_and_then_played_without_a_server(tmp_path: Path) -> None:
    """A cassette for each test, beside its file; fixtures are met too; the sums come from the workers."""
    with live("Hello.") as url:
        made = inner(tmp_path, SUITE, "--record-mode=once", "-n2", "--strict-markers", OPENAI_BASE_URL=url)
    assert "8 passed" in made.stdout, made.stdout + made.stderr
    assert "nexdiag: 7 scenarios · 0 exchanges replayed · 9 live · 0 findings" in made.stdout
    names = sorted(path.name for path in (tmp_path / "cassettes" / "test_inner").iterdir())
    assert len(names) == 6
    assert names[:2] == ["TestCase.test_of_unittest.cassette.jsonl", "TestNamed.test_two.cassette.jsonl"]
    assert (tmp_path / "named.cassette.jsonl").exists()
    fixtures = load(tmp_path / "cassettes" / "test_inner" / "test_fixtures.cassette.jsonl")
    assert len(fixtures.exchanges) == 2  # its setup's, and its teardown's
    (tmp_path / "pytest.ini").write_text("[pytest]\nnexdiag_record_mode = once\n")
    nowhere = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "CI": "true"}
    played = inner(tmp_path, SUITE, "-W", "error", **nowhere)
    assert "8 passed" in played.stdout, played.stdout + played.stderr
    assert "nexdiag: 7 scenarios · " in played.stdout
    assert " replayed · 0 live · 0 findings" in played.stdout


WRONG = (
    SAY
    + """
@pytest.fixture
def late():
    yield
    say("too late")

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

@pytest.mark.nexdiag(cassette="b.cassette.jsonl", record_mode="rewrite")
def test_recorded_badly(nexdiag_cassette):
    assert say("something else") == "Bye."

@pytest.mark.nexdiag(record_mode="once")
def test_nothing_sent(): pass

def test_recorder(nexdiag_recorder):
    say()
    assert [one.response.status for one in nexdiag_recorder.exchanges] == [200]
    assert nexdiag_recorder.path.exists()

@pytest.mark.nexdiag(record="kept.cassette.jsonl")
def test_kept():
    say()
"""
)


def test_what_was_not_as_recorded_fails_the_test_and_says_where_to_look(tmp_path: Path) -> None:
    """The path that differs with both values, the command that replays it, and a file with what was sent."""
    first = SAY + "@pytest.mark.nexdiag(record='a.cassette.jsonl')\ndef test_it(): assert say() == 'Hello.'\n"
    with live("Hello.") as url:
        inner(tmp_path, first, OPENAI_BASE_URL=url)
        before = (tmp_path / "a.cassette.jsonl").read_bytes()
        (tmp_path / "b.cassette.jsonl").write_bytes(before)
        done = inner(tmp_path, WRONG, OPENAI_BASE_URL=url)
    assert "4 failed, 6 passed, 4 errors" in done.stdout, done.stdout + done.stderr
    why = told(done)
    for name in ("test_changed", "test_swallowed"):
        assert "≠ a.cassette.jsonl" in why[name]
        assert f"pytest --record-mode=new_episodes test_inner.py::{name}" in why[name]
        assert "repro      nexdiag replay a.cassette.jsonl --turn 1" in why[name]
        assert f"{name}.cassette.jsonl" in why[name].partition("sent  ")[2]
    assert '- "hi"\n    + "hi there"' in why["test_changed"]
    assert "/temperature   added" in why["test_swallowed"]
    assert "1 recorded exchange of a.cassette.jsonl not asked for" in why["test_unplayed"]
    assert "unplayed=True" in why["test_unplayed"]
    assert "recording  a.cassette.jsonl" in why["test_own_failure"]
    assert "Unmatched" in why["test_late"]
    assert "no cassette at cassettes/test_inner/test_not_recorded.cassette.jsonl" in why["test_not_recorded"]
    assert "record one: pytest --record-mode=once test_inner.py::test_not_recorded" in why["test_not_recorded"]
    assert "the cassette stays as it was: b.cassette.jsonl" in why["test_recorded_badly"]
    assert (tmp_path / "b.cassette.jsonl").read_bytes() == before
    left = next((tmp_path / "kept").rglob("test_recorded_badly.cassette.jsonl"))
    assert b"something else" in left.read_bytes()
    assert "no request was made" in why["test_nothing_sent"]
    assert len(load(tmp_path / "kept.cassette.jsonl").exchanges) == 1
    assert "0 findings" in done.stdout


MODULE = (
    SAY
    + """
pytestmark = pytest.mark.nexdiag(record_mode="once")

def test_sends(): say()

def test_sends_nothing(): pass

@pytest.mark.nexdiag(cassette="x.cassette.jsonl")
def test_live(nexdiag_cassette):
    say("never recorded")
    assert len(nexdiag_cassette.recorded) == 1
"""
)


def test_a_marker_of_a_module_leaves_those_alone_that_send_nothing(tmp_path: Path) -> None:
    """And with --disable-recording every test goes to its server, and no cassette is touched."""
    (tmp_path / "x.cassette.jsonl").write_text("this is not looked at")
    with live("Hello.") as url:
        done = inner(tmp_path, MODULE, "--disable-recording", OPENAI_BASE_URL=url)
        assert "3 passed" in done.stdout, done.stdout
        assert not (tmp_path / "cassettes").exists()
        (tmp_path / "x.cassette.jsonl").unlink()
        once = inner(tmp_path, MODULE, OPENAI_BASE_URL=url)
    assert "3 passed" in once.stdout, once.stdout
    assert [path.name for path in (tmp_path / "cassettes" / "test_inner").iterdir()] == ["test_sends.cassette.jsonl"]
