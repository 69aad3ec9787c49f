"""Promises of nexdiag.agent.session.registry: one session for each name, and no name is ever lost."""

import contextlib
import json
import re
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import crashes
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.session.registry import Registry, new_id, uuid7
from nexdiag.core.errors import UsageError

NOW = 1779285792.009
WRITER = """
import sys
from pathlib import Path
from nexdiag.agent.session.registry import Registry
for number in range(20):
    Registry(Path(sys.argv[1])).create("other", [f"{sys.argv[2]}-{number}"])
"""

keys = st.sampled_from(["sessions", "version", "kind", "aliases", "created", "x"])
documents = st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(keys, inner)
).map(lambda value: json.dumps(value).encode())


def registry_in(state: Path) -> Registry:
    """Make a registry whose clock stands still and whose keys are counted."""
    numbers = count()
    return Registry(
        state,
        clock=lambda: NOW,
        make_id=lambda: uuid7(next(numbers) << 16, b"\x12\x34\x56\x78\x9a\xbc\xde\xf0\x11\x22"),
    )


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Make the registry of an empty state directory."""
    return registry_in(tmp_path)


@pytest.fixture
def path(registry: Registry) -> Path:
    """Make the directory, and give the path, of the registry's file."""
    registry.chat.mkdir()
    return registry.chat / "sessions.json"


def stored(registry: Registry) -> dict[str, Any]:
    """Read the file as another program would."""
    document: dict[str, Any] = json.loads((registry.chat / "sessions.json").read_bytes())
    return document


def test_a_session_is_stored_as_the_reference_does(registry: Registry) -> None:
    """The file holds the reference's keys, and nothing for what is not known."""
    session = registry.create("interactive", ["tty-1"], label="interactive tty-1")
    assert stored(registry) == {
        "version": 1,
        "sessions": {
            session.id: {
                "kind": "interactive",
                "created": "2026-05-20T14:03:12.009Z",
                "aliases": ["tty-1"],
                "label": "interactive tty-1",
            }
        },
    }


def test_a_chat_has_three_names_and_one_directory(registry: Registry) -> None:
    """Whatever name or spelling a program uses for chat 0, it finds the directory of the key, and it exists.

    (reference faults 50, 51, 61, 72)
    """
    session = registry.chat_session(0)
    names = (
        "0",
        "chat-0",
        "coordinator-0",
        ".chat-0",
        ".coordinator-0",
        session.id,
        session.id.upper(),
        session.id[:4],
    )
    assert {registry.directory(name) for name in names} == {registry.chat / session.id}
    assert (registry.chat / session.id).stat().st_mode & 0o777 == 0o700
    assert not (registry.chat / "0").exists()
    assert registry.chat_session(0) == session
    assert registry.chat_session(1) != session


def test_names_spread_over_two_sessions_are_brought_together(registry: Registry) -> None:
    """Where chat 3 has two sessions, one gets all three names, and the user is told (reference fault 51)."""
    one = registry.create("coordinator", ["chat-3"])
    two = registry.create("coordinator", ["3", "mine"])
    assert registry.chat_session(3).aliases == ("chat-3", "coordinator-3", "3")
    assert registry.resolve("3").id == one.id
    assert registry.resolve("mine").id == two.id
    assert "two sessions" in registry.told[0]


@pytest.mark.parametrize("content", [None, b"", b" \n"])
def test_a_missing_or_empty_registry_is_an_empty_one(path: Path, registry: Registry, content: bytes | None) -> None:
    """Nothing is told, nothing is moved, and the first session can be made (reference fault 54)."""
    if content is not None:
        path.write_bytes(content)
    assert registry.sessions() == ()
    registry.create("other", ["a"])
    assert registry.told == []
    assert [entry.name for entry in registry.chat.iterdir() if "corrupt" in entry.name] == []


def test_writers_lose_no_name(tmp_path: Path) -> None:
    """Programs that make sessions at once keep all of them (reference fault L20)."""
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, name]) for name in ("a", "b", "c")]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    names = {name for session in Registry(tmp_path).sessions() for name in session.aliases}
    assert names == {f"{letter}-{number}" for letter in "abc" for number in range(20)}


def test_resolve_prefers_key_then_name_then_prefix(registry: Registry) -> None:
    """A name that looks like the beginning of another session's key still is that name."""
    first = registry.create("other")
    second = registry.create("other", [first.id[:6]])
    assert registry.resolve(first.id) == first
    assert registry.resolve(first.id[:6]) == second


def test_a_prefix_must_be_long_and_unique(registry: Registry) -> None:
    """Three characters are too few, and a prefix of two keys names both."""
    first, second = registry.create("other"), registry.create("other")
    with pytest.raises(UsageError, match="found none"):
        registry.resolve(first.id[:3])
    with pytest.raises(UsageError, match="begins 2 of them") as refused:
        registry.resolve(first.id[:4])
    assert first.id in refused.value.hint
    assert second.id in refused.value.hint


def test_an_unknown_name_is_told_with_the_nearest(registry: Registry) -> None:
    """A slip of the pen is answered with the name that was meant, and makes no directory."""
    registry.create("other", ["planning"])
    with pytest.raises(UsageError) as refused:
        registry.directory("planing")
    assert "planning" in refused.value.hint
    assert not (registry.chat / "planing").exists()


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a\\b", "a b", "a\x1b[31m", "x" * 201])
def test_a_name_that_could_be_a_path_is_refused(registry: Registry, name: str) -> None:
    """A name is one visible word: it can lead nowhere and colour nothing."""
    with pytest.raises(UsageError, match="wanted a name"):
        registry.create("other", [name])
    assert registry.sessions() == ()


def test_a_taken_name_is_refused(registry: Registry) -> None:
    """A second session cannot take a name, and the first keeps it."""
    first = registry.create("other", ["a"])
    for name in ("a", first.id):
        with pytest.raises(UsageError, match="is taken by"):
            registry.create("other", [name])
    second = registry.create("other", ["b"])
    with pytest.raises(UsageError, match="is taken by"):
        registry.add_aliases("b", "a")
    assert registry.add_aliases("a", "c", "a").aliases == ("a", "c")
    assert {session.id for session in registry.sessions()} == {first.id, second.id}


def test_an_unknown_kind_is_refused(registry: Registry) -> None:
    """The reference's readers know four kinds."""
    with pytest.raises(UsageError, match="wanted one of the kinds"):
        registry.create("chat")


def test_what_is_not_ours_is_written_back(path: Path, registry: Registry) -> None:
    """Fields of a newer program, and a record that we cannot read, survive our writing."""
    sessions = {"not-a-uuid": {"kind": "task-agent", "created": "x", "aliases": None, "colour": "red"}, "odd": 7}
    path.write_text(json.dumps({"version": 3, "theme": "dark", "sessions": sessions}))
    registry.create("other", ["a"])
    document = stored(registry)
    assert (document["version"], document["theme"]) == (3, "dark")
    assert {key: document["sessions"][key] for key in sessions} == sessions


def test_a_task_of_the_reference_is_found_in_its_output(path: Path, registry: Registry) -> None:
    """A session whose key is a task has the task's output directory; a key that leads elsewhere is none."""
    sessions = {
        key: {"kind": "task-agent", "created": "", "aliases": [f"task-{key}"]} for key in ("build", "../up", "..")
    }
    path.write_text(json.dumps({"version": 0, "sessions": sessions}))
    assert registry.directory("task-build") == registry.state / "output" / "build"
    assert [session.id for session in registry.sessions()] == ["build"]


def test_archiving_moves_the_directory_and_frees_the_names(registry: Registry) -> None:
    """An archived session keeps its files aside, nobody makes its directory again, and its chat can begin anew."""
    registry.create("other", ["old"])
    session = registry.chat_session(0)
    (registry.directory("0") / "conversation.jsonl").write_text("{}\n")
    archived = registry.archive("0")
    assert archived.archived_at == "2026-05-20T14:03:12.009Z"
    assert (registry.directory(session.id) / "conversation.jsonl").read_text() == "{}\n"
    assert not (registry.chat / session.id).exists()
    assert registry.archive(session.id) == archived
    again = registry.chat_session(0)
    assert again.id != session.id
    assert registry.resolve("chat-0") == again
    registry.archive("0")
    assert registry.add_aliases("old", "chat-0") == registry.resolve("chat-0")


@pytest.mark.parametrize("content", [b'{"sessions":', b"[]", b'{"sessions": 1}', b"\x00" * 100])
def test_a_corrupt_registry_is_kept_aside_and_rebuilt(path: Path, registry: Registry, content: bytes) -> None:
    """The sessions whose directories stand there are there again, the old file is kept, and the user is told."""
    first, second = registry.create("other", ["a"]), registry.create("other", ["b"])
    registry.archive("b")
    path.write_bytes(content)
    assert {session.id for session in registry.sessions()} == {first.id, second.id}
    assert registry.resolve(second.id).archived_at is not None
    assert path.with_name("sessions.json.corrupt-20260520T140312Z").read_bytes() == content
    assert len(registry.told) == 1
    assert "2 sessions rebuilt" in registry.told[0]
    path.write_bytes(b"{")
    registry.create("other", ["c"])
    assert path.with_name("sessions.json.corrupt-20260520T140312Z").read_bytes() == content
    assert len(registry.told) == 2


def test_names_are_saved_from_a_cut_registry(path: Path, registry: Registry) -> None:
    """Of a registry that was cut off, every whole record keeps its names."""
    registry.chat_session(0)
    registry.create("other", ["second"])
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"second")])
    assert registry.directory("0") == registry.chat / registry.chat_session(0).id
    assert len(registry.sessions()) == 2


@given(st.binary(max_size=60) | documents)
def test_any_registry_can_be_used(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever stands in the file, sessions can be listed and made."""
    registry = registry_in(tmp_path_factory.mktemp("state"))
    registry.chat.mkdir()
    (registry.chat / "sessions.json").write_bytes(content)
    registry.sessions()
    session = registry.create("other", ["mine"])
    assert registry.resolve("mine") == session


def test_find_looks_where_the_user_would(registry: Registry) -> None:
    """A pattern finds keys by their beginning, and names and kinds by any part, in any case, newest first."""
    first, second = registry.create("other", ["Alpha"]), registry.create("interactive", ["beta"])
    assert registry.find() == (second, first)
    assert registry.find("alp") == (first,)
    assert registry.find("INTER") == (second,)
    assert registry.find(first.id[:16]) == (first,)
    assert registry.find("zeta") == ()


def test_keys_are_uuids_of_version_7() -> None:
    """A key tells its time in its first 12 digits, its version and its variant; two are never equal."""
    assert uuid7(0x0123456789AB, b"\xff" * 10) == "01234567-89ab-7fff-bfff-ffffffffffff"
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", new_id())
    assert new_id() != new_id()


def test_a_read_only_state_can_be_read(path: Path, registry: Registry) -> None:
    """Looking at the sessions writes nothing, not even a lock."""
    path.write_text('{"version": 1, "sessions": {}}')
    registry.sessions()
    assert [entry.name for entry in registry.chat.iterdir()] == ["sessions.json"]


def test_new_chats_get_numbers_of_their_own(registry: Registry) -> None:
    """Above all that were used, archived ones too; each with the name that was wanted (reference fault 50)."""
    assert registry.new_chat("work")[0] == 0
    registry.chat_session(5)
    number, session = registry.new_chat()
    assert (number, session.label, session.aliases) == (6, "chat 6", ("chat-6", "coordinator-6", "6"))
    registry.archive("chat-6")
    assert registry.new_chat()[0] == 7
    assert list(registry.chats()) == [0, 5, 6, 7]


def test_an_archived_session_can_be_taken_back(registry: Registry) -> None:
    """With its files and its names, but for those that another one has by now."""
    first = registry.chat_session(0)
    (registry.directory("0") / "x").write_text("kept")
    registry.archive("0")
    assert registry.restore(first.id) == first
    assert (registry.directory("chat-0") / "x").read_text() == "kept"
    registry.archive("0")
    second = registry.chat_session(0)
    back = registry.restore(first.id)
    assert (back.aliases, back.archived_at) == ((), None)
    assert registry.resolve("chat-0") == second


def test_a_deleted_session_leaves_nothing(registry: Registry) -> None:
    """Neither record nor files; the others are not touched."""
    doomed, other = registry.chat_session(0), registry.chat_session(1)
    (registry.directory("0") / "x").write_text("secret")
    assert registry.delete("chat-0") == doomed
    assert registry.sessions() == (other,)
    assert not list(registry.chat.rglob("x"))
    with pytest.raises(UsageError):
        registry.resolve("chat-0")


def test_a_fork_begins_with_what_the_other_holds(registry: Registry) -> None:
    """Journal, summary and overrides; not the mail. The other is not changed, and knows nothing of it."""
    source = registry.chat_session(0)
    for name in ("conversation.jsonl", "session-summary.md", "overrides.json", "inbox.jsonl"):
        (registry.directory("0") / name).write_text(name)
    fork, number = registry.fork("chat-0")
    assert (number, fork.kind, fork.forked_from, fork.label) == (None, "interactive", source.id, "fork of chat 0")
    assert fork.aliases[0].startswith("fork-")
    place = registry.directory(fork.id)
    assert sorted(path.name for path in place.iterdir()) == [
        "conversation.jsonl",
        "overrides.json",
        "session-summary.md",
    ]
    assert (place / "conversation.jsonl").read_text() == "conversation.jsonl"
    chat, number = registry.fork("chat-0", "two", chat=True)
    assert (number, chat.aliases) == (1, ("two", "chat-1", "coordinator-1", "1"))
    with pytest.raises(UsageError, match="is taken"):
        registry.fork("chat-0", "two")
    assert registry.resolve("chat-0") == source


def test_a_look_makes_nothing(registry: Registry) -> None:
    """The place of a session whose directory is missing is told, and stays missing."""
    session = registry.chat_session(0)
    registry.directory("0").rmdir()
    assert registry.place("0") == registry.chat / session.id
    assert not registry.place("0").exists()


OPERATIONS = {
    "new": lambda registry: registry.new_chat("work"),
    "archive": lambda registry: registry.archive("keep"),
    "restore": lambda registry: registry.restore("kept"),
    "delete": lambda registry: registry.delete("doomed"),
    "fork": lambda registry: registry.fork("keep", "copy", chat=True),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_kill_at_any_write_of_the_registry_leaves_a_whole_one(tmp_path: Path, name: str) -> None:
    """Killed at each in turn: every other session is there with its files, and the same can be done again."""
    died, point = True, 0
    while died:
        point += 1
        state = tmp_path / str(point)
        registry = Registry(state)
        for alias in ("keep", "kept", "doomed"):
            place = registry.directory(registry.create("other", [alias]).id)
            for file in ("conversation.jsonl", "chat.log", "inbox.jsonl"):
                (place / file).write_text(alias)
        doomed = place
        registry.archive("kept")
        died, _ = crashes.killed_at(point, lambda acknowledge, place=state: OPERATIONS[name](Registry(place)))
        survivor = Registry(state)
        assert survivor.told == []
        for alias in ("keep", "kept", "doomed"):
            if alias == "doomed" and name == "delete":
                assert len(list(doomed.glob("*"))) in (0, 3)  # half a session is none
                continue
            session = survivor.resolve(alias)
            files = list(survivor.chat.rglob(f"{session.id}/conversation.jsonl"))
            assert [path.read_text() for path in files] == [alias]
        with contextlib.suppress(UsageError):  # it was done already
            OPERATIONS[name](survivor)
        assert [session for session in survivor.sessions() if "copy" in session.aliases] or name != "fork"
    assert point > 3
