"""Corpora compared: servers chosen, changes ignored, secrets replaced, everything told."""

from pathlib import Path

import pytest
from drifting import Answer, answer, chunk, corpus, exchange, recorded, response, written

from nexdiag.core.cassette import Cassette
from nexdiag.core.drift import BREAKS
from nexdiag.core.errors import NexdiagError, NothingToDo
from nexdiag.runner.drifting.sides import against_shapes, baseline, compared

SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"


def _new(made: Answer, _: int) -> None:
    made.update(system_fingerprint="fp2", created="now", timings={"ms": 1, "n": 2})


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return written(tmp_path / "old", a=corpus(40)), written(tmp_path / "new", a=corpus(40, _new))


def test_a_change_is_ignored_by_its_fingerprint_or_its_place(folders: tuple[Path, Path]) -> None:
    """It is counted, and no change; a word that fits nothing is told."""
    old, new = folders
    found = compared([old], [new])
    assert [(one.kind, one.pointer) for one in found.changes] == [("retyped", "/created"), ("added", "/timings")]
    less = compared([old], [new], ignore=[found.changes[0].fingerprint, "/timings", "/nothing"])
    assert (less.changes, [one.pointer for one in less.ignored]) == ((), ["/created", "/timings"])
    assert less.unchecked == ("--ignore /nothing: fits nothing",)


def test_only_who_breaks_is_asked_for(tmp_path: Path) -> None:
    """What breaks nobody of them is counted, and no change: a page instead of JSON, a text for a number, a new word."""

    def worse(made: Answer, _: int) -> None:
        made.update(created="now", timings={})
        made["choices"][0]["finish_reason"] = "eos"
        del made["usage"]

    old, new = written(tmp_path / "old", a=corpus(40)), written(tmp_path / "new", a=corpus(40, worse))
    page = recorded(*(exchange(at, {"model": "m"}, response(b"<html>")) for at in range(40)))
    found = {who: {one.pointer.rpartition("/")[2] for one in compared([old], [new], who=who).changes} for who in BREAKS}
    assert found == {
        "wire": set(),
        "typed": {"created"},
        "behaviour": {"created", "finish_reason", "usage"},
        "cosmetic": {"created", "finish_reason", "usage", "timings"},
    }
    assert len(compared([old], [new], who="typed").ignored) == 3 + 1  # a word is gone as well
    broken = compared([old], [written(tmp_path / "page", a=page)], who="wire")
    assert [(one.kind, one.now) for one in broken.changes] == [("retyped", "no JSON")]
    assert against_shapes([new], who="wire").changes == ()


def test_versions_of_one_corpus_are_compared(folders: tuple[Path, Path]) -> None:
    """The baseline may be the same corpus, of another version; of one that is not there, those that are are told."""
    found = compared(list(folders), list(folders), old_servers=["openai fp1"], new_servers=["openai fp2"])
    assert {one.pointer for one in found.changes} == {"/created", "/timings"}
    assert (found.left.servers, found.right.exchanges) == ((("openai fp1", 40),), 40)
    with pytest.raises(NothingToDo) as caught:
        against_shapes([folders[0]], servers=["vllm"])
    assert caught.value.hint == "there are: openai fp1"


def test_a_baseline_in_a_file_says_the_same(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """As the corpus it was learned from: the same changes, with the same counts."""
    old, new = folders
    file = tmp_path / "shape.json"
    file.write_bytes(baseline([old]))
    from_file, direct = compared([file], [new]), compared([old], [new])
    assert [(one.fingerprint, one.left, one.first) for one in from_file.changes] == [
        (one.fingerprint, one.left, one.first) for one in direct.changes
    ]
    assert baseline([old]) == file.read_bytes()


def test_no_secret_comes_out(tmp_path: Path) -> None:
    """Neither in an example, nor as a name, nor in a file; whoever recorded it."""

    def leaky(made: Answer, _: int) -> None:
        made.update({"api_key": SECRET, SECRET: 1, "status": SECRET[:40]})

    folder = written(tmp_path / "c", a=corpus(40, leaky))
    drift = against_shapes([folder])
    assert {one.kind for one in drift.changes} == {"added"}
    assert SECRET not in repr(drift)
    assert SECRET[:40] not in repr(drift)
    assert SECRET[:40].encode() not in baseline([folder])


def test_hostile_recordings_are_told_and_bounded(tmp_path: Path) -> None:
    """Names without end and values too deep are no schema: told as not checked."""
    deep: object = 1
    for _ in range(60):
        deep = {"x": deep}
    made = recorded(
        exchange(0, {"model": "m", "messages": [], "deep": deep}, response({f"k{at}": 1 for at in range(500)}))
    )
    drift = against_shapes([written(tmp_path / "c", a=made)])
    assert any("nested too deeply" in line for line in drift.unchecked)
    assert any("taken for data" in line for line in drift.unchecked)


def test_what_cannot_be_read_is_raised_or_collected(folders: tuple[Path, Path]) -> None:
    """The rest is compared all the same, where there is a list for it."""
    old, new = folders
    (new / "bad.cassette.jsonl").write_text("no\n")
    with pytest.raises(NexdiagError):
        compared([old], [new])
    bad: list[NexdiagError] = []
    assert len(compared([old], [new], bad=bad).changes) == 2
    assert len(bad) == 1


def test_few_exchanges_are_told(tmp_path: Path) -> None:
    """Where nothing can weigh more than a warning, a line says so."""
    drift = compared([written(tmp_path / "a", a=corpus(3))], [written(tmp_path / "b", a=corpus(4))])
    assert drift.changes == ()
    assert drift.unchecked[0].startswith("fewer than 30 exchanges on a side")


def test_the_file_of_a_baseline_holds_no_words_of_anybody(tmp_path: Path) -> None:
    """Prompts, tools, people, keys: in answers, in requests, in names and in paths; short and always the same."""

    def leaky(made: Answer, _: int) -> None:
        made["choices"][0]["message"]["content"] = "planted"
        made.update({"session_token": "planted", "tenant": "planted", "planted@x.org": 1, "Mr planted": 1})

    tool = {"type": "function", "function": {"name": "planted", "parameters": {"properties": {"planted": {}}}}}
    asked = {"model": "planted", "user": "planted", "stop": "planted", "metadata": {"planted": "planted"}}
    body = {**asked, "messages": [{"role": "user", "content": "planted"}], "tools": [tool], "x_password": "planted"}
    made = [exchange(at, body, response(answer(leaky, at))) for at in range(40)]
    made.append(exchange(40, body, response({"ok": 1}), url="http://h/users/planted@x.org?key=planted"))
    assert b"planted" not in baseline([written(tmp_path, a=recorded(*made))])


def _odd(made: Answer, at: int, *, kinds: int) -> None:
    parts = [{"type": "text", "texte": "Hi"}]
    made["choices"][0]["message"]["content"] = parts + [{"type": f"k{one}"} for one in range(kinds if at == 0 else 0)]


@pytest.mark.parametrize("kinds", [0, 70])
def test_kinds_without_end_hide_none_that_is_known(tmp_path: Path, kinds: int) -> None:
    """One hostile answer folds what nobody published, which is told; the published kinds are compared all the same."""

    def text(made: Answer, _: int) -> None:
        made["choices"][0]["message"]["content"] = [{"type": "text", "text": "Hi"}]

    old = written(tmp_path / "old", a=corpus(40, text))
    new = written(tmp_path / "new", a=corpus(40, lambda made, at: _odd(made, at, kinds=kinds)))
    drift = compared([old], [new])
    assert [(one.kind, one.pointer.rpartition("]")[2]) for one in drift.changes] == [
        ("removed", "/text"),
        ("added", "/texte"),
    ]
    assert any("so many kinds" in line for line in drift.unchecked) == bool(kinds)


def test_words_that_were_not_stored_are_not_any_text(tmp_path: Path) -> None:
    """A file of a few exchanges keeps no words that are no choice yet: told as not checked, and no change."""

    def tier(made: Answer, _: int) -> None:
        made["service_tier"] = "default"

    old, few = written(tmp_path / "old", a=corpus(40, tier)), written(tmp_path / "few", a=corpus(10, tier))
    (tmp_path / "few.json").write_bytes(baseline([few]))
    drift = compared([old], [tmp_path / "few.json"])
    assert drift.changes == ()
    assert any("/service_tier: the right was stored without its words" in line for line in drift.unchecked)


def test_a_place_is_ignored_without_the_kind_that_it_is_in(tmp_path: Path) -> None:
    """`/system_fingerprint` names it in every event of a stream, too; not by a part of its name, nor by nothing."""

    def stream(*, named: bool) -> Cassette:
        more = {"system_fingerprint": "fp1"} if named else {}
        asked = {"model": "m", "messages": []}
        events = [chunk({"content": "Hi"}, **more), chunk({}, "stop", **more)]
        return recorded(*(exchange(at, asked, response(events)) for at in range(40)))

    old, new = written(tmp_path / "old", a=stream(named=True)), written(tmp_path / "new", a=stream(named=False))
    (found,) = compared([old], [new]).changes
    assert found.pointer == "[object=chat.completion.chunk]/system_fingerprint"
    for word, number in (("/system_fingerprint", 0), ("/system", 1), ("", 1), (found.pointer, 0)):
        assert len(compared([old], [new], ignore=[word]).changes) == number


def test_the_name_of_a_file_is_no_place_for_a_secret(tmp_path: Path) -> None:
    """A recording that is called by a key is not called so in a report."""
    old, new = written(tmp_path / "old", a=corpus(3)), written(tmp_path / "new", **{SECRET: corpus(3, _new)})
    drift = compared([old], [new])
    assert drift.changes[0].first is not None
    assert SECRET not in repr(drift.changes)
    assert SECRET not in "".join(drift.paths)
