"""Where a session's questions come in and its answers go out: `inbox.jsonl`, `outbox.jsonl`, `.nex-cursor`.

    post ──► inbox row ──► pending ──► (a turn) ──► outbox row ──► cursor
                              ▲                         │
                              └── a crash before here ──┘ asks again; a crash behind it does not

Law: each question is answered exactly once, as its asker sees it. The cursor follows the answers: it is the last id
up to which every question is settled, and is written after the outbox row that settled it. (The reference moved it
before the turn, so that a crash lost the message.) Two rows with one request id are one question asked twice.
A row that settles names the ids under `settles`, a key that other readers pass over.
"""

import re
import time
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.agent.session import durable
from nexdiag.codec import jsontext
from nexdiag.codec.journal import timestamp
from nexdiag.core.errors import DaemonError, UsageError

HIGHEST = 2**53
"""The highest id that is believed: a higher one would leave no room for those to come."""
ANSWER = "coordinator"
FAILURE = "system-error"
_LARGEST = 1_000_000
_MOST_ROWS = 10_000
_STAY_ROWS = 100
_STAY_BYTES = 256 * 1024
_ID = re.compile(rb'"id"\s*:\s*(\d{1,16})\b')


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of either file."""

    id: int
    timestamp: str
    role: str
    """`user` in the inbox; `coordinator` or `system-error` in the outbox."""
    content: str
    request_id: str | None = None
    attachments: Any = None
    full_response: Any = None
    user: Any = None
    settles: Any = None
    """Ours, in the outbox: the inbox ids that need no other answer."""


class _Box:
    """One of the two files, read on from where it was read last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[Row] = []
        self.bad: list[str] = []
        self.answered: dict[str, Row] = {}
        """By request id: the answer to it."""
        self.settled: dict[tuple[int, str | None], Row] = {}
        """By id and request id of an inbox row: what settled it."""
        self.highest = 0
        self._end = 0
        self._file: tuple[int, int] | None = None

    def refresh(self) -> None:
        """Read what is new; all of it, if the file is another one now or was cut."""
        facts = durable.facts(self.path)
        file = None if facts is None else (facts.st_dev, facts.st_ino)
        if file != self._file or (facts is not None and facts.st_size < self._end):
            self.rows, self.bad, self.answered, self.settled = [], [], {}, {}
            self.highest, self._end, self._file = 0, 0, file
        if facts is None or facts.st_size == self._end:
            return
        tail = durable.read_from(self.path, self._end)
        for line in tail.lines:
            self._take(line)
        for fault in tail.bad:
            self._reject(fault.raw, fault.why)
        self._end = tail.end
        self.highest = max(self.highest, _salvaged(tail.torn))

    def append(self, append: durable.Append, row: Row, *, floor: int = 0) -> Row:
        """Add a row under the lock, with the next id above every id that was ever seen, and above `floor`."""
        number = max(self.highest, floor) + 1
        if number > HIGHEST:
            raise DaemonError(f"{self.path} has no ids left below {HIGHEST}", hint="move the file away")
        row = msgspec.structs.replace(row, id=number)
        append(jsontext.write(msgspec.to_builtins(row)))
        self.refresh()
        return row

    def _take(self, line: bytes) -> None:
        try:
            row = msgspec.convert(jsontext.read(line), Row)
        except (ValueError, RecursionError) as error:
            self._reject(line, str(error))
            return
        if not 0 <= row.id <= HIGHEST:
            self._reject(line, f"the id {row.id} is out of range")
            return
        self.rows.append(row)
        self.highest = max(self.highest, row.id)
        if row.role == ANSWER and row.request_id is not None:
            self.answered.setdefault(row.request_id, row)
        for number in row.settles if isinstance(row.settles, list) else ():
            if isinstance(number, int):
                self.settled.setdefault((number, row.request_id), row)

    def _reject(self, line: bytes, why: str) -> None:
        self.bad.append(f"{self.path.name}: a line was passed over: {why}")
        self.highest = max(self.highest, _salvaged(line))


class Mailbox:
    """The mail of one session. One handler answers; any number of programs post and read."""

    def __init__(self, directory: Path, *, clock: durable.Clock = time.time) -> None:
        """Nothing is read yet."""
        self._inbox = _Box(directory / "inbox.jsonl")
        self._outbox = _Box(directory / "outbox.jsonl")
        self._cursor_path = directory / ".nex-cursor"
        self._clock = clock

    @property
    def bad(self) -> tuple[str, ...]:
        """Every line that was passed over, in sentences; as of the last look."""
        return (*self._inbox.bad, *self._outbox.bad)

    @property
    def cursor(self) -> int:
        """The id in the cursor file; 0 if there is none, or none that can be believed."""
        text = durable.read(self._cursor_path)[:64].strip()
        return int(text) if re.fullmatch(rb"[0-9]{1,16}", text) and int(text) < HIGHEST else 0

    def post(
        self, text: str, request_id: str, *, user: str | None = None, attachments: list[dict[str, Any]] | None = None
    ) -> Row:
        """Ask. The same request id again gives the row that is there: a client may retry without asking twice.

        A question that ended in an error may be asked again under its id. Raises UsageError if the id was used for
        another text.
        """
        text, request_id = jsontext.mend(text), jsontext.mend(request_id)
        with durable.locked(self._inbox.path) as append:
            cursor = self._look()
            earlier = [row for row in self._questions() if row.request_id == request_id]
            if any(row.content != text for row in earlier):
                hint = "give each message a request id of its own"
                raise UsageError(f"the request id {request_id!r} was already used for another message", hint=hint)
            for row in earlier:
                if request_id in self._outbox.answered or not self._settler(row, cursor):
                    return row
            if cursor < self.cursor:  # the ids began anew: a cursor of the old ones would swallow the new
                durable.replace(self._cursor_path, b"0")
            stamp = timestamp(self._clock())
            row = Row(id=0, timestamp=stamp, role="user", content=text, request_id=request_id, user=user)
            return self._inbox.append(append, msgspec.structs.replace(row, attachments=attachments), floor=cursor)

    def pending(self) -> tuple[Row, ...]:
        """Questions that wait for an answer, oldest first; one row for each request id."""
        cursor = self._look()
        waiting: dict[str | int, Row] = {}
        for row in self._questions(after=cursor):
            if not self._settler(row, cursor):
                waiting.setdefault(row.id if row.request_id is None else row.request_id, row)
        return tuple(waiting.values())

    def answer(self, row: Row, text: str) -> Row:
        """Give the answer to a question. If it has one already, that one stands and is returned."""
        return self._settle(row, text, ANSWER)

    def fail(self, row: Row, text: str) -> Row:
        """Tell that a question will get no answer, and why. It is not asked again by itself."""
        return self._settle(row, text, FAILURE)

    def reply(self, request_id: str) -> Row | None:
        """Find what came of a question: its answer if there is one, else its last error; None while it waits.

        Asked again after an error it waits again: its old error is no outcome then.
        """
        cursor = self._look()
        if request_id in self._outbox.answered:
            return self._outbox.answered[request_id]
        asked = [row for row in self._questions() if row.request_id == request_id]
        if asked and not all(self._settler(row, cursor) for row in asked):
            return None
        return next((row for row in reversed(self._outbox.rows) if row.request_id == request_id), None)

    def questions(self) -> tuple[Row, ...]:
        """All inbox rows, by id."""
        self._inbox.refresh()
        return tuple(sorted(self._inbox.rows, key=lambda row: row.id))

    def answers(self) -> tuple[Row, ...]:
        """All outbox rows, by id."""
        self._outbox.refresh()
        return tuple(sorted(self._outbox.rows, key=lambda row: row.id))

    def rotate_if_due(self) -> tuple[Path, ...]:
        """Rotate, if a file has grown over a megabyte or 10 000 rows; the archived files."""
        boxes = (self._inbox, self._outbox)
        sizes = [0 if (facts := durable.facts(box.path)) is None else facts.st_size for box in boxes]
        if max(sizes) <= _LARGEST and max(len(box.rows) for box in boxes) <= _MOST_ROWS:
            return ()
        return self.rotate()

    def rotate(self) -> tuple[Path, ...]:
        """Set both files aside in `archive/`, but for what waits and the latest rows; the archived files.

        Ids go on, and the cursor is right before and after. The inbox goes first: at every moment a question that
        stands there is settled by the cursor, or by a row of the outbox, if it was before. Rows of the last mails stay,
        so that a client which sends its question again still gets the answer that was given.
        """
        with durable.locked(self._inbox.path), durable.locked(self._outbox.path):
            self._move_cursor(self._look())
            cursor = self._look()
            lines = [durable.read_lines(box.path)[0] for box in (self._inbox, self._outbox)]
            asked, given = ([(line, _row(line)) for line in found] for found in lines)
            late = _latest([line for line, _ in asked])
            stay = [
                (line, row)
                for place, (line, row) in enumerate(asked)
                if place >= late or (row is not None and row.role == "user" and not self._settler(row, cursor))
            ]
            ids = {row.request_id for _, row in stay if row is not None} - {None}
            numbers = {row.id for _, row in stay if row is not None}
            late = _latest([line for line, _ in given])
            answers = [
                line
                for place, (line, row) in enumerate(given)
                if place >= late or (row is not None and _concerns(row, ids, numbers))
            ]
            kept = ([line for line, _ in stay], answers)
            archived = [self._set_aside(box, rest) for box, rest in zip((self._inbox, self._outbox), kept, strict=True)]
            return tuple(path for path in archived if path is not None)

    def _set_aside(self, box: "_Box", rest: list[bytes]) -> Path | None:
        """Archive the file and begin it anew with these lines; None if that would make it no shorter by half.

        A crash in between leaves a copy too many in the archive, and nothing too few.
        """
        facts = durable.facts(box.path)
        content = b"".join(line + b"\n" for line in rest)
        if facts is None or len(content) > facts.st_size // 2:
            return None
        archive = durable.ensure_directory(box.path.parent / "archive")
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(self._clock()))
        target, again = archive / f"{box.path.stem}-{stamp}.jsonl", 1
        while target.exists():
            again += 1
            target = archive / f"{box.path.stem}-{stamp}-{again}.jsonl"
        durable.keep_as(box.path, target)
        durable.replace(box.path, content)
        return target

    def _look(self) -> int:
        """Read what is new; give the cursor, as far as it can be believed.

        A cursor above every id is one of ids that are gone: the file was rotated, and its ids began anew. Answers then
        tell by their request ids what is settled. Without any row it still says which ids were used.
        """
        cursor = self.cursor  # first: whatever it has come to, the inbox holds by the time it is read
        self._inbox.refresh()
        self._outbox.refresh()
        return 0 if self._inbox.rows and cursor > self._inbox.highest else cursor

    def _questions(self, after: int = -1) -> list[Row]:
        return sorted(
            (row for row in self._inbox.rows if row.role == "user" and row.id > after), key=lambda row: row.id
        )

    def _settler(self, row: Row, cursor: int) -> Row | bool:
        """Give what settled a question: an outbox row, or True if the cursor says that one did; False if it waits."""
        answer = None if row.request_id is None else self._outbox.answered.get(row.request_id)
        return answer or self._outbox.settled.get((row.id, row.request_id)) or row.id <= cursor

    def _settle(self, row: Row, text: str, role: str) -> Row:
        with durable.locked(self._outbox.path) as append:
            cursor = self._look()
            given = self._settler(row, 0)
            if not isinstance(given, Row):
                twins = (other.id for other in self._questions() if row.request_id == other.request_id is not None)
                stamp = timestamp(self._clock())
                given = Row(id=0, timestamp=stamp, role=role, content=text, request_id=row.request_id)
                given = msgspec.structs.replace(given, settles=sorted({row.id, *twins}))
                given = self._outbox.append(append, given)
            self._move_cursor(cursor)
            return given

    def _move_cursor(self, cursor: int) -> None:
        """Go on to the last id below which nothing waits: a later question may have been answered first."""
        settled = cursor
        for row in self._questions(after=cursor):
            if not self._settler(row, cursor):
                break
            settled = row.id
        if settled != self.cursor:
            durable.replace(self._cursor_path, str(settled).encode())


def _row(line: bytes) -> Row | None:
    try:
        return msgspec.convert(jsontext.read(line), Row)
    except (ValueError, RecursionError):
        return None


def _latest(lines: list[bytes]) -> int:
    """The place of the first of the last lines that stay when a file is rotated."""
    place, size = len(lines), 0
    while place and len(lines) - place < _STAY_ROWS and (size := size + len(lines[place - 1])) <= _STAY_BYTES:
        place -= 1
    return min(place, max(len(lines) - 1, 0))  # the last one always: the ids go on from it


def _concerns(row: Row, ids: set[str | None], numbers: set[int]) -> bool:
    """Whether an outbox row has to do with one of these questions."""
    settles = row.settles if isinstance(row.settles, list) else ()
    return row.request_id in ids or any(number in numbers for number in settles if isinstance(number, int))


def _salvaged(line: bytes) -> int:
    """Read the id that a spoiled row had, so that it is not given again; 0 if it tells none that can be believed."""
    found = _ID.search(line)
    return int(found[1]) if found and int(found[1]) <= HIGHEST // 2 else 0
