"""The assertion beside syrupy's own, in real inner pytests."""

from pathlib import Path
from types import SimpleNamespace

from made import chat, recorded, user
from snapshotting import files, run

from nexdiag.core.cassette import Cassette, Header
from nexdiag.pytest_plugin.ending import ENDINGS
from nexdiag.pytest_plugin.snapshot_assertion import _come_to

MIXED = """
import datetime, os, pytest, httpx, uuid
from types import SimpleNamespace
from syrupy.extensions.json import JSONSnapshotExtension
from syrupy.filters import props
from syrupy.matchers import path_type

def tools(name):
    return [{"name": name, "input_schema": {}}]

CHAT = {"model": "m", "user": "u", "messages": [{"role": "user", "content": "x"}], "tools": tools("one")}

@pytest.fixture
def request_snapshot(request_snapshot):
    return request_snapshot.with_defaults(exclude=props("user"), keep="seeds")

@pytest.mark.parametrize("model", ["org/model"])
def test_named(request_snapshot, model):
    assert request_snapshot == {"model": model}

def test_options(request_snapshot, snapshot):
    assert request_snapshot(matcher=path_type({"messages.0.content": (str,)})) == CHAT
    assert request_snapshot(name="seed", keep="uuids") == {**CHAT, "seed": 99999999}
    sent = httpx.Request("POST", "http://h/v1/x", json=CHAT, headers={"X-Id": str(uuid.uuid4()), "X-Key": "k"})
    assert request_snapshot(headers=("X-Id", "Content-Type")) == SimpleNamespace(requests=[sent])
    assert snapshot == 1
    assert snapshot(extension_class=JSONSnapshotExtension) == {"a": 1}

class TestToday:
    @pytest.mark.skipif("SKIP" in os.environ, reason="asked for")
    def test_now(self, request_snapshot):
        day = datetime.datetime.now(datetime.UTC)
        text = f"Today's date: {day:%Y-%m-%d}. Tomorrow: {day + datetime.timedelta(days=1):%d %B %Y}. Born 1969-07-20."
        assert request_snapshot == {"messages": [{"role": "system", "content": text}], "tools": tools("two")}
"""


def test_it_lives_beside_the_extensions_of_syrupy_and_takes_their_options(tmp_path: Path) -> None:
    """Nothing of either is unused to the other: whichever tests are run, skipped or left out."""
    (tmp_path / "test_mixed.py").write_text(MIXED)
    assert "7 snapshots generated" in run(tmp_path, "--snapshot-update")
    folder = tmp_path / "__snapshots__" / "test_mixed"
    today = (folder / "TestToday.test_now.requests").read_text()
    assert "Today's date: ⟨today⟩. Tomorrow: ⟨today +1⟩. Born 1969-07-20." in today
    options = (folder / "test_options.requests").read_text()
    assert '"user"' not in options.replace('"role": "user"', "")
    assert '{"role": "user", "content": "str"}' in options
    assert '"seed": 99999999' in (folder / "test_options[seed].requests").read_text()
    third = (folder / "test_options.2.requests").read_text()
    assert '"content-type": "application/json"' in third
    assert '"x-id": "⟨secret 1⟩"' in third
    assert "x-key" not in third
    for arguments, environ in (((), {"SKIP": "1"}), (("-k", "not now"), {})):
        told = run(tmp_path, *arguments, **environ)
        assert told.endswith("exit code 0"), told
        assert "unused" not in told
    assert len(files(tmp_path)) == 9


def test_the_url_of_a_server_of_the_test_stands_for_what_came_to_it() -> None:
    """Any other text is what was given; answers of another day do not make their requests old."""
    tape = Cassette(header=Header(), exchanges=(recorded(7, chat(user("a"))),))
    endings = [SimpleNamespace(sent=lambda: None), SimpleNamespace(sent=lambda: (tape, None))]
    node = SimpleNamespace(funcargs={"nexdiag_replay": "http://h:1"}, stash={ENDINGS: endings})
    (one,) = _come_to(node, "http://h:1")  # type: ignore[arg-type]  # what is needed of an item
    assert one.request == tape.exchanges[0].request
    assert one.started == 0
    assert _come_to(node, "http://h:2") == "http://h:2"  # type: ignore[arg-type]  # likewise
