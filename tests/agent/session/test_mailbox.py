"""Promises of nexdiag.agent.session.mailbox: each question is answered exactly once, whatever happens between."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import crashes
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.session import durable
from nexdiag.agent.session.journal import Journal
from nexdiag.agent.session.mailbox import Mailbox, Row
from nexdiag.agent.session.resume import restore
from nexdiag.core.errors import DaemonError, UsageError
from nexdiag.core.message import Message, ToolCall
from nexdiag.core.turn import ToolRun

NOW = 1779285792.009
STAMP = "2026-05-20T14:03:12.009Z"


def mail_in(directory: Path) -> Mailbox:
    """Open the mail of a session anew, as a program does that has just started."""
    return Mailbox(directory, clock=lambda: NOW)


@pytest.fixture
def mail(tmp_path: Path) -> Mailbox:
    """Open the mail of an empty session."""
    return mail_in(tmp_path)


def rows(path: Path) -> list[dict[str, object]]:
    """Read a file of rows as another program would."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def write_row(path: Path, number: int, request_id: str | None = None, role: str = "user") -> None:
    """Write a row as the reference does."""
    row = {"id": number, "timestamp": STAMP, "role": role, "content": "hi", "request_id": request_id or f"r{number}"}
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")


def waiting(mail: Mailbox) -> list[str | None]:
    """Give the request ids that wait."""
    return [row.request_id for row in mail.pending()]


def test_rows_are_the_reference_s(tmp_path: Path, mail: Mailbox) -> None:
    """Each file holds the reference's keys; an answer also names what it settles; the cursor is a plain number."""
    row = mail.post("hi", "r1", user="ana", attachments=[{"path": "a", "mime_type": "text/plain", "size_bytes": 1}])
    mail.answer(row, "hello")
    assert rows(tmp_path / "inbox.jsonl") == [
        {
            "id": 1,
            "timestamp": STAMP,
            "role": "user",
            "content": "hi",
            "request_id": "r1",
            "attachments": [{"path": "a", "mime_type": "text/plain", "size_bytes": 1}],
            "user": "ana",
        }
    ]
    assert rows(tmp_path / "outbox.jsonl") == [
        {
            "id": 1,
            "timestamp": STAMP,
            "role": "coordinator",
            "content": "hello",
            "request_id": "r1",
            "settles": [1],
        }
    ]
    assert (tmp_path / ".nex-cursor").read_bytes() == b"1"


def test_questions_wait_until_they_are_answered(mail: Mailbox) -> None:
    """A question waits until its answer or its failure is in the outbox, not until somebody has read it.

    (reference faults 49, L20)
    """
    one, two = mail.post("a", "r1"), mail.post("b", "r2")
    assert mail.pending() == (one, two)
    assert mail.pending() == (one, two)
    mail.answer(one, "A")
    assert mail.pending() == (two,)
    mail.fail(two, "no server")
    assert mail.pending() == ()
    assert [(row.role, row.content) for row in mail.answers()] == [("coordinator", "A"), ("system-error", "no server")]


def test_a_crash_before_the_cursor_does_not_answer_twice(tmp_path: Path, mail: Mailbox) -> None:
    """The outbox row alone settles: without the cursor it is not asked again, nor answered a second time.

    (reference fault L20)
    """
    answered, failed = mail.post("a", "r1"), mail.post("b", "r2")
    mail.answer(answered, "A")
    mail.fail(failed, "B")
    (tmp_path / ".nex-cursor").unlink()
    again = mail_in(tmp_path)
    assert again.pending() == ()
    assert again.answer(answered, "other").content == "A"
    assert again.answer(failed, "other").content == "B"
    assert len(rows(tmp_path / "outbox.jsonl")) == 2
    assert again.cursor == 2


def test_an_answer_out_of_order_swallows_nothing(tmp_path: Path, mail: Mailbox) -> None:
    """A later question that is answered first leaves the earlier one waiting, also after a restart."""
    one, two = mail.post("a", "r1"), mail.post("b", "r2")
    mail.answer(two, "B")
    assert mail.cursor == 0
    assert mail_in(tmp_path).pending() == (one,)
    mail.answer(one, "A")
    assert mail.cursor == 2


def test_a_retry_of_the_client_counts_once(tmp_path: Path, mail: Mailbox) -> None:
    """The same request id posted again, by us or by the reference's daemon, is one question (reference fault 53)."""
    row = mail.post("hi", "r1")
    assert mail_in(tmp_path).post("hi", "r1") == row
    write_row(tmp_path / "inbox.jsonl", 2, "r1")
    assert mail.pending() == (row,)
    mail.answer(row, "hello")
    assert mail.post("hi", "r1") == row
    assert mail.pending() == ()
    assert mail_in(tmp_path).pending() == ()
    assert len(mail.questions()) == 2


def test_a_failed_question_can_be_asked_again(mail: Mailbox) -> None:
    """After an error the same request id may be posted once more; its answer is then what the asker reads."""
    mail.fail(mail.post("hi", "r1"), "no server")
    failure = mail.reply("r1")
    assert failure is not None
    assert failure.role == "system-error"
    (again,) = (mail.post("hi", "r1"),)
    assert mail.pending() == (again,)
    mail.answer(again, "hello")
    answer = mail.reply("r1")
    assert answer is not None
    assert answer.content == "hello"


def test_a_request_id_for_another_text_is_refused(mail: Mailbox) -> None:
    """A client that uses one id for two messages is told, rather than losing the second."""
    mail.post("hi", "r1")
    with pytest.raises(UsageError, match="already used"):
        mail.post("ho", "r1")


def test_an_error_on_the_way_does_not_settle(tmp_path: Path, mail: Mailbox) -> None:
    """An error row of the reference, which may come before a retry that succeeds, leaves the question waiting.

    (reference fault L8)
    """
    row = mail.post("hi", "r1")
    write_row(tmp_path / "outbox.jsonl", 1, "r1", role="system-error")
    assert mail.pending() == (row,)
    mail.answer(row, "hello")
    answer = mail.reply("r1")
    assert answer is not None
    assert (answer.role, answer.id) == ("coordinator", 2)


def test_rows_without_a_request_id_are_answered_once(tmp_path: Path) -> None:
    """Two rows without request ids are two questions, each settled by its own answer."""
    for number in (1, 2):
        row = {"id": number, "timestamp": STAMP, "role": "user", "content": "same"}
        durable.append_line(tmp_path / "inbox.jsonl", json.dumps(row).encode())
    mail = mail_in(tmp_path)
    one, two = mail.pending()
    mail.answer(one, "A")
    (tmp_path / ".nex-cursor").unlink()
    assert mail_in(tmp_path).pending() == (two,)


def test_a_cursor_of_another_program_is_respected(tmp_path: Path, mail: Mailbox) -> None:
    """What the reference consumed is not asked again, though its silent turns left no row."""
    for number in (1, 2, 3):
        write_row(tmp_path / "inbox.jsonl", number)
    (tmp_path / ".nex-cursor").write_text("2\n")
    assert waiting(mail) == ["r3"]


def test_ids_that_began_anew_are_not_swallowed(tmp_path: Path, mail: Mailbox) -> None:
    """After the reference rotated the inbox, rows below the old cursor wait, and stay so when more are posted.

    (reference fault L20)
    """
    (tmp_path / ".nex-cursor").write_text("3")
    write_row(tmp_path / "inbox.jsonl", 1, "new1")
    assert waiting(mail) == ["new1"]
    assert [mail_in(tmp_path).post("hi", f"new{number}").id for number in (2, 3, 4)] == [2, 3, 4]
    assert waiting(mail) == ["new1", "new2", "new3", "new4"]
    mail.answer(mail.pending()[0], "A")
    assert (mail.cursor, waiting(mail)) == (1, ["new2", "new3", "new4"])


def test_ids_go_on_above_the_cursor(tmp_path: Path, mail: Mailbox) -> None:
    """After a rotation that left no row, the next id is above the cursor, so that no reader passes it over."""
    (tmp_path / ".nex-cursor").write_text("57")
    row = mail.post("hi", "r1")
    assert row.id == 58
    assert mail.pending() == (row,)


@pytest.mark.parametrize("content", [b"", b"x", b"-1", b"1e3", "٣".encode(), b"9" * 30, b"\xff"])
def test_a_spoiled_cursor_is_none(tmp_path: Path, mail: Mailbox, content: bytes) -> None:
    """A cursor that is no believable number asks again what has no answer, and nothing that has one."""
    one, two = mail.post("a", "r1"), mail.post("b", "r2")
    mail.answer(one, "A")
    (tmp_path / ".nex-cursor").write_bytes(content)
    assert mail_in(tmp_path).pending() == (two,)


BAD = [b"{", b"[]", b'{"id": "1"}', b'{"id": -1, "timestamp": "", "role": "user", "content": ""}', b"\x00" * 9, b"\xff"]
BAD += [b'{"id": 9007199254740993, "timestamp": "", "role": "user", "content": "x"}', b"[" * 9999]


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_is_passed_over_and_told(tmp_path: Path, mail: Mailbox, line: bytes) -> None:
    """Rows before and behind a bad line are read, and the line is reported once (reference fault L20)."""
    mail.post("a", "r1")
    with (tmp_path / "inbox.jsonl").open("ab") as file:
        file.write(line + b"\n")
    mail.post("b", "r2")
    assert waiting(mail) == ["r1", "r2"]
    assert waiting(mail) == ["r1", "r2"]
    assert len(mail.bad) == 1


def test_the_id_of_a_torn_row_is_not_given_again(tmp_path: Path, mail: Mailbox) -> None:
    """A row that was torn after its id keeps that id to itself: a reader may have seen it."""
    mail.post("a", "r1")
    with (tmp_path / "inbox.jsonl").open("ab") as file:
        file.write(b'{"id": 2, "timestamp": "2026')
    assert mail_in(tmp_path).post("b", "r2").id == 3
    assert mail.post("c", "r3").id == 4


def test_when_the_ids_are_used_up_it_is_told(tmp_path: Path, mail: Mailbox) -> None:
    """A row with the highest id there is makes posting an error, not a row that no reader would take."""
    write_row(tmp_path / "inbox.jsonl", 2**53)
    with pytest.raises(DaemonError, match="no ids left"):
        mail.post("b", "r2")


def test_polling_reads_only_what_is_new(tmp_path: Path, mail: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at a file that has not grown reads nothing, and one that has grown is read from where it had ended."""
    mail.post("a" * 1000, "r1")
    mail.pending()
    offsets: list[int] = []
    read_from = durable.read_from

    def watched(path: Path, offset: int) -> durable.Tail:
        offsets.append(offset)
        return read_from(path, offset)

    monkeypatch.setattr(durable, "read_from", watched)
    mail.pending()
    assert offsets == []
    end = (tmp_path / "inbox.jsonl").stat().st_size
    mail_in(tmp_path).post("b", "r2")
    offsets.clear()
    assert waiting(mail) == ["r1", "r2"]
    assert offsets == [end]


def test_a_file_that_was_rotated_is_read_anew(tmp_path: Path, mail: Mailbox) -> None:
    """A mailbox that is open while its inbox is replaced by a shorter one, or cut, sees the new rows only."""
    mail.post("a" * 1000, "r1")
    assert waiting(mail) == ["r1"]
    durable.move(tmp_path / "inbox.jsonl", tmp_path / "old.jsonl")
    assert waiting(mail) == []
    write_row(tmp_path / "inbox.jsonl", 1, "new")
    assert waiting(mail) == ["new"]
    (tmp_path / "inbox.jsonl").write_bytes(b"")
    assert waiting(mail) == []


def test_half_an_emoji_can_be_posted_twice(mail: Mailbox) -> None:
    """A lone surrogate is mended on the way in, so that the retry still is the same question."""
    assert mail.post("a\ud83d", "r\ud83d") == mail.post("a\ud83d", "r\ud83d")
    assert mail.pending()[0].content == "a\ufffd"


actions = st.lists(
    st.tuples(
        st.sampled_from(["post", "double", "answer", "fail", "restart", "lose cursor", "tear"]), st.integers(0, 4)
    ),
    max_size=25,
)


@given(actions)
def test_any_history_answers_each_question_once(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, int]]
) -> None:
    """Posted twice, answered out of order, torn or forgotten: each question gets one answer, each row its own id."""
    directory = tmp_path_factory.mktemp("session")
    mail = mail_in(directory)
    posted: set[str] = set()
    for action, number in actions:
        if action == "post":
            posted.add(mail.post("hi", f"r{len(posted)}").request_id or "")
        elif action == "double" and posted:
            highest = max(row.id for row in mail.questions())
            write_row(directory / "inbox.jsonl", highest + 1, f"r{number % len(posted)}")
        elif action in {"answer", "fail"} and mail.pending():
            row = mail.pending()[number % len(mail.pending())]
            (mail.answer if action == "answer" else mail.fail)(row, "so")
        elif action == "restart":
            mail = mail_in(directory)
        elif action == "lose cursor":
            (directory / ".nex-cursor").unlink(missing_ok=True)
        elif action == "tear" and posted:
            with (directory / "outbox.jsonl").open("ab") as file:
                file.write(b'{"id": 9')
            durable.append_line(directory / "outbox.jsonl", b"{}")
    for row in mail.pending():
        mail.answer(row, "so")
    assert mail_in(directory).pending() == ()
    answers = [row.request_id for row in mail.answers() if row.role == "coordinator"]
    assert len(answers) == len(set(answers))
    assert {row.request_id for row in mail.answers()} == posted
    numbers = [row.id for row in mail.answers()]
    assert len(numbers) == len(set(numbers))


# The crash test: one session's handler and its asker, killed at every write.

QUESTIONS = ("one", "two")


def play(directory: Path, acknowledge: Callable[[str], None]) -> None:
    """Ask, and answer, as the daemon and its handler do; go on where an earlier life was cut short."""
    mail = mail_in(directory)
    for text in QUESTIONS:
        acknowledge(f"posted {mail.post(text, f'r-{text}').request_id}")
    journal = Journal.open(directory, clock=lambda: NOW)
    for row in mail.pending():
        answer_row(mail, journal, row)
        acknowledge(f"answered {row.request_id}")


def answer_row(mail: Mailbox, journal: Journal, row: Row) -> None:
    """Play one turn, with a tool; what the journal already holds is neither asked nor run again."""
    request = row.request_id or ""
    restored = restore(Journal.open(journal.path.parent).entries)
    if request not in restored.answered:
        if request not in restored.heard:
            journal.message(Message(role="user", content=row.content), request_id=request, turn=1)
        call = ToolCall(id=f"call-{request}", name="bash", arguments="{}")
        if not any(known.id == call.id for message in restored.messages for known in message.tool_calls):
            journal.message(Message(role="assistant", tool_calls=(call,)), request_id=request, turn=1)
            journal.tool_execution(ToolRun(call_id=call.id, name="bash", arguments="{}", output="ran"))
            journal.message(Message(role="tool", content="ran", tool_call_id=call.id), request_id=request, turn=1)
        journal.message(Message(role="assistant", content=row.content.upper()), request_id=request, turn=1)
        restored = restore(Journal.open(journal.path.parent).entries)
    mail.answer(row, restored.answered[request])


def killed_at(directory: Path, point: int, *, torn: bool) -> tuple[bool, list[str]]:
    """Play in a child that dies at its so manieth write; whether it died, and what it had acknowledged."""
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        acknowledged = os.fdopen(sink, "w")
        write, left = os.write, [point]

        def dies(call: Callable[..., object], *, half: bool = False) -> Callable[..., object]:
            def replaced(*arguments: object, **options: object) -> object:
                left[0] -= 1
                if left[0] == 0:
                    if half and torn:
                        descriptor, content = arguments
                        assert isinstance(descriptor, int)
                        assert isinstance(content, memoryview)
                        write(descriptor, content[: len(content) // 2])
                    os._exit(9)
                return call(*arguments, **options)

            return replaced

        os.write = dies(os.write, half=True)  # type: ignore[assignment]
        for name in ("fdatasync", "fsync", "replace", "open"):
            setattr(os, name, dies(getattr(os, name)))
        try:
            play(directory, lambda text: print(text, file=acknowledged, flush=True))
        except BaseException:  # noqa: BLE001 - a child of fork must never come back into the tests
            os._exit(1)
        os._exit(0)
    os.close(sink)
    with os.fdopen(source) as received:
        lines = received.read().splitlines()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in {0, 9}
    return code == 9, lines


@pytest.mark.parametrize("torn", [False, True])
def test_a_kill_at_any_write_loses_nothing_and_answers_once(tmp_path: Path, torn: bool) -> None:
    """Killed at each write in turn, then started again: what was acknowledged is there, and each answer once.

    (reference faults L1, L2, L20)
    """
    died, point = True, 0
    while died:
        point += 1
        directory = durable.ensure_directory(tmp_path / str(point))
        died, acknowledged = killed_at(directory, point, torn=torn)
        survivor = mail_in(directory)
        for line in acknowledged:
            kind, _, request = line.partition(" ")
            assert request in {row.request_id for row in survivor.questions()}
            assert (survivor.reply(request) is not None) or kind == "posted"
        play(directory, lambda _text: None)
        mail = mail_in(directory)
        assert [(row.request_id, row.content) for row in mail.answers()] == [("r-one", "ONE"), ("r-two", "TWO")]
        assert [row.request_id for row in mail.questions()] == ["r-one", "r-two"]
        assert mail.pending() == ()
        restored = restore(Journal.open(directory).entries)
        assert [message.content for message in restored.messages if message.role == "user"] == ["one", "two"]
        assert len([message for message in restored.messages if message.role == "tool"]) == 2
        assert restored.unanswered is None
    assert point > 40


def test_an_old_error_is_no_reply_while_its_question_waits_again(mail: Mailbox) -> None:
    """Whoever asks again and looks does not read the outcome of the first time (reference fault L8)."""
    mail.fail(mail.post("hi", "r1"), "no server")
    mail.post("hi", "r1")
    assert mail.reply("r1") is None
    mail.fail(mail.pending()[0], "still none")
    failure = mail.reply("r1")
    assert failure is not None
    assert failure.content == "still none"


# Rotation.


def settled(mail: Mailbox, *names: str) -> None:
    """Many questions and their answers; the disk is not waited for."""
    with patch("os.fsync"), patch("os.fdatasync"):
        for name in names:
            mail.answer(mail.post("x" * 3000, name), "y" * 3000)


def test_a_rotation_keeps_what_waits_and_ids_go_on(tmp_path: Path, mail: Mailbox) -> None:
    """The archive holds all of it; the cursor is right, no id comes twice, an old reply stays (reference fault L20)."""
    names = [f"r{number}" for number in range(300)]
    settled(mail, *names[:200])
    open_one = mail.post("open", "open")
    settled(mail, *names[200:])
    whole = [rows(tmp_path / f"{stem}.jsonl") for stem in ("inbox", "outbox")]
    archived = mail.rotate()
    assert [path.name for path in archived] == ["inbox-20260520-140312.jsonl", "outbox-20260520-140312.jsonl"]
    assert [rows(path) for path in archived] == whole
    assert len(rows(tmp_path / "inbox.jsonl")) < 110
    for box in (mail, mail_in(tmp_path)):
        assert box.pending() == (open_one,)
        assert box.reply("r299") is not None
        assert box.post("x" * 3000, "r299").id == 301
    new = mail.post("new", "new")
    assert (new.id, mail.answer(new, "N").id) == (302, 301)
    mail.answer(open_one, "O")
    assert (mail.pending(), mail_in(tmp_path).pending(), mail.cursor) == ((), (), 302)


def test_a_rotation_is_automatic_and_rare(tmp_path: Path, mail: Mailbox) -> None:
    """Over a megabyte it is done, not before, and not again at once."""
    settled(mail, *(f"r{number}" for number in range(50)))
    assert mail.rotate_if_due() == ()
    settled(mail, *(f"r{number}" for number in range(50, 350)))
    assert (tmp_path / "inbox.jsonl").stat().st_size > 1_000_000
    assert len(mail.rotate_if_due()) == 2
    assert mail.rotate_if_due() == ()
    assert mail.rotate() == ()


def test_a_lost_cursor_after_a_rotation_asks_nothing_again(tmp_path: Path, mail: Mailbox) -> None:
    """The rows that stayed have the rows that settled them."""
    settled(mail, *(f"r{number}" for number in range(200)))
    mail.fail(mail.post("f", "failed"), "no")
    assert mail.rotate()
    (tmp_path / ".nex-cursor").unlink()
    assert mail_in(tmp_path).pending() == ()


def test_an_open_question_at_the_beginning_does_not_open_the_others(tmp_path: Path, mail: Mailbox) -> None:
    """The cursor stands before it; each row that stays has the row that settled it, however long that is."""
    mail.post("open", "open")
    with patch("os.fsync"), patch("os.fdatasync"):
        for number in range(400):
            mail.answer(mail.post("x" * 100, f"r{number}"), "y" * 9000)
    assert len(mail.rotate()) == 2
    assert waiting(mail) == waiting(mail_in(tmp_path)) == ["open"]


def test_ids_go_on_behind_a_row_that_is_longer_than_what_stays(tmp_path: Path, mail: Mailbox) -> None:
    """The last row always stays."""
    settled(mail, *(f"r{number}" for number in range(200)))
    mail.answer(mail.post("x", "big"), "y" * 300_000)
    mail._outbox.refresh()
    with (tmp_path / "outbox.jsonl").open("ab") as file:
        row = {"id": 777, "timestamp": STAMP, "role": "system-error", "content": "y" * 300_000, "request_id": "other"}
        file.write(json.dumps(row).encode() + b"\n")
    assert mail.rotate()
    again = mail_in(tmp_path)
    assert again.answer(again.post("new", "new"), "N").id == 778


def test_a_bad_line_goes_to_the_archive(tmp_path: Path, mail: Mailbox) -> None:
    """It is in nobody's way any more, and it is not lost."""
    with (tmp_path / "inbox.jsonl").open("ab") as file:
        file.write(b"nonsense\n")
    settled(mail, *(f"r{number}" for number in range(200)))
    (inbox, _) = mail.rotate()
    assert inbox.read_bytes().startswith(b"nonsense\n")
    assert mail_in(tmp_path).questions()
    assert mail_in(tmp_path).bad == ()


def test_a_kill_at_any_write_of_a_rotation_loses_nothing(tmp_path: Path) -> None:
    """Killed at each in turn: what waits waits, what was answered stays so, and all rows are somewhere."""
    died, point = True, 0
    while died:
        point += 1
        directory = durable.ensure_directory(tmp_path / str(point))
        lines = [
            {"id": number, "timestamp": STAMP, "role": "user", "content": "x" * 3000, "request_id": f"r{number}"}
            for number in range(1, 201)
        ]
        (directory / "inbox.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        (directory / "outbox.jsonl").write_text(
            "".join(json.dumps(line | {"role": "coordinator", "settles": [line["id"]]}) + "\n" for line in lines[:-1])
        )
        died, _ = crashes.killed_at(point, lambda acknowledge, place=directory: mail_in(place).rotate())
        survivor = mail_in(directory)
        assert waiting(survivor) == ["r200"]
        assert survivor.post("new", "new").id == 201
        found = {row["request_id"] for path in directory.rglob("inbox*.jsonl") for row in rows(path)}
        assert found == {f"r{number}" for number in range(1, 201)} | {"new"}
        survivor.rotate()
        assert waiting(survivor) == ["r200", "new"]
    assert point > 10
