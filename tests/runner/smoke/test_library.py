"""Promises of `nexdiag.runner.smoke.library`, and of the scenarios that are shipped."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from model_server import answers, calls, sends, serving, stream_head

from nexdiag.agent.setup import Wanted
from nexdiag.core.errors import UsageError
from nexdiag.core.scenario import Scenario
from nexdiag.endpoint import llama
from nexdiag.endpoint.tiny_model import CALLS, TOOL_TEMPLATE
from nexdiag.runner.smoke import library
from nexdiag.runner.smoke.live import smoke

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "examples").rglob("*.toml"))
LIVE = ROOT / "examples" / "live-smoke"
WANTED = {
    *("two-messages", "five-back-to-back", "tool-round-trip", "parallel-tools", "long-context-to-compaction"),
    *("cancel-and-go-on", "resume-after-kill"),
}


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    """The address of a real llama.cpp whose model calls tools where it is offered some."""
    with llama.running(template=TOOL_TEMPLATE, tool_bias=CALLS, context=65536) as address:
        yield address


def test_the_library_has_what_it_promises() -> None:
    """Each by its own name, with a word on what it is for, and in the reference."""
    assert {*library.names()} == WANTED
    shipped = library.library()
    assert [one.name for one in shipped] == sorted(WANTED)
    assert all(one.about for one in shipped)
    rows = re.findall(r"^\| `([\w-]+)` \| [A-Z]", (ROOT / "docs/reference/scenario.md").read_text(), re.MULTILINE)
    assert {*rows} >= WANTED


@pytest.mark.real
@pytest.mark.parametrize("name", sorted(WANTED - {"five-back-to-back"}))  # that one is test_nex_five_messages...
def test_each_passes_against_a_real_server(name: str, model: str, tmp_path: Path) -> None:
    """Every message, every expectation, no finding; and what it is about has really happened."""
    played = library.find(name)
    done = smoke(
        played, Wanted(url=model, model="tiny"), state=tmp_path / "w" / "state", cassette=tmp_path / "c.cassette.jsonl"
    )
    assert [(one.unmet, one.error) for one in done.spoken if one.unmet] == []
    assert [finding for finding in done.run.findings if finding.weighs] == []
    assert done.passed
    assert len(done.spoken) == played.messages
    spoken = done.spoken
    happened = {
        "tool-round-trip": all(one.tools for one in spoken),
        "parallel-tools": all(one.tools for one in spoken),
        "long-context-to-compaction": spoken[-1].compacted and not spoken[0].compacted,
        "cancel-and-go-on": all(one.done == "cancelled" or one.unchecked for one in spoken[1:3]),  # it may be too fast
        "resume-after-kill": spoken[1].done == "killed",
    }
    assert happened.get(name, True)


def test_what_the_library_does_is_harmless() -> None:
    """Its tools only look: whatever a model makes up, nothing is changed and nothing is fetched."""
    assert {tool for one in library.library() for tool in one.tools} <= {"glob", "grep"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_scenarios(path: Path) -> None:
    """Each can be read; one that has the name of a shipped one is the same."""
    read = library.find(path)
    assert read.messages
    if path.stem in library.names():
        assert library.shipped(path.stem) == read


def test_the_example_of_ones_own_rules_passes_where_they_are_kept(tmp_path: Path) -> None:
    """Both chats; and where a rule is broken in the second one, that is told."""
    look = sends(stream_head(), calls(("c", "glob", '{"pattern": "*.txt"}')))
    kept = (look, answers("There are none."), answers("Glob."))
    broken = (look, answers("There are none."), answers("The shell."))
    with serving(*kept, *broken) as server:
        server.only_chats = True
        done = smoke(
            library.find(LIVE / "house-rules.toml"),
            Wanted(url=server.url, model="m"),
            state=tmp_path / "w" / "state",
            cassette=tmp_path / "c.cassette.jsonl",
        )
    assert [one.unmet for one in done.spoken] == [(), (), (), ("the answer does not match '(?i)\\bglob\\b'",)]


@pytest.mark.real
def test_the_example_of_accidents_passes(model: str, tmp_path: Path) -> None:
    """A cancel, a kill, and the conversation goes on."""
    done = smoke(
        library.find(LIVE / "cancel-and-kill.toml"),
        Wanted(url=model, model="tiny"),
        state=tmp_path / "w" / "state",
        cassette=tmp_path / "c.cassette.jsonl",
    )
    assert done.passed, done.spoken
    assert done.spoken[2].done == "killed"


def test_a_file_goes_before_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the working directory, with the suffix or without it."""
    monkeypatch.chdir(tmp_path)
    assert len(library.find("two-messages").say) == 2
    Path("two-messages").mkdir()
    assert len(library.find("two-messages").say) == 2
    Path("two-messages").rmdir()
    Path("two-messages.toml").write_text("[[say]]\ntext = 'mine'")
    assert library.find("two-messages").say[0].text == "mine"
    Path("two-messages").write_text("[[say]]\ntext = 'still mine'")
    assert library.find("two-messages").say[0].text == "still mine"


@pytest.mark.parametrize(
    ("given", "what", "hint"),
    [
        ("two-message", "no scenario 'two-message'", "did you mean 'two-messages'?"),
        ("Cancel-And-Go-On", "no scenario", "did you mean 'cancel-and-go-on'?"),
        ("zzz", "neither a file nor in the library", "the library has: cancel-and-go-on,"),
        ("two-messages.toml", "no scenario at two-messages.toml", "name a TOML file"),
        ("here/two-messages", "no scenario at here/two-messages", "name a TOML file"),
        (".", "cannot be read", "see docs"),
        ("", "cannot be read", "see docs"),
        ("a\0b", "neither a file nor in the library", "the library has"),
    ],
)
def test_what_is_not_there_is_a_usage_error(
    given: str, what: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what was looked for, and what there is."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=re.escape(what)) as error:
        library.find(given)
    assert error.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"[[say]]\ntext = 'x'\n\xff", "no UTF-8 text"),
        (b"[[say]]\ntext = 'x'\ntxt = 1", "mine.toml, line 3: unknown key `txt`"),
        (b"tools = ['globe']\n[[say]]\ntext = 'x'", "mine.toml, line 1: no such tool: 'globe'"),
    ],
)
def test_what_is_wrong_in_a_file_is_told(content: bytes, what: str, tmp_path: Path) -> None:
    """With line and key; tools are judged by those that there are."""
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=re.escape(what)):
        library.find(path)


def test_the_command_line_adjusts_a_scenario() -> None:
    """How often, and with which tools; what does not go with the scenario is refused."""
    played = library.adjusted(library.shipped("two-messages"), repeat=3, tools=("glob",))
    assert (played.repeat, played.tools) == (3, ("glob",))
    assert library.adjusted(played) == played
    with pytest.raises(UsageError, match="does not allow it"):
        library.adjusted(library.shipped("tool-round-trip"), tools=())
    with pytest.raises(UsageError, match="no such tool"):
        library.adjusted(played, tools=("globe",))
    with pytest.raises(UsageError, match="above 0"):
        library.adjusted(played, repeat=0)


def test_tools_are_known_by_name() -> None:
    """Those that a scenario can allow."""
    assert {"glob", "bash", "read_file"} <= {*library.known_tools()}
    assert isinstance(library.shipped("two-messages"), Scenario)
