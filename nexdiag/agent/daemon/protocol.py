"""What client and daemon say to each other: one JSON object a line, `cmd` in, `ok` out. Pure.

The request kinds and keys are the reference executor's, with `wait_reply`, `chat_history`, `follow_chat`,
`compact_chat`, `restore_chat` and `release_chat` of ours. One request gets one line, but for `follow_chat`: its
connection gets a line for each thing that the chat's executor tells, until either side hangs up.
"""

from typing import Annotated, Any, Union, get_args

import msgspec

from nexdiag.agent.progress import Progress, TurnEnded, TurnStarted
from nexdiag.codec import jsontext
from nexdiag.core.turn import Turn

LONGEST_ASK = 1024**2
"""Bytes of a request: the longest message, with every character escaped, is a part of that."""
LONGEST_LINE = 16 * 1024**2
"""Bytes of an answer."""
LONGEST_MESSAGE = 100 * 1024
"""Bytes of a message, as UTF-8."""
OVERLOADED = "overloaded"
"""The last word to a follower that reads more slowly than the chat tells."""
_DAY = 86400.0

ChatNumber = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
RequestId = Annotated[str, msgspec.Meta(max_length=200)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Address = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]

OLDER = {
    "create_coordinator": "create_chat",
    "delete_coordinator": "delete_chat",
    "archive_coordinator": "archive_chat",
    "stop_coordinator": "stop_chat",
    "interrupt_coordinator": "interrupt_chat",
    "list_coordinators": "list_chats",
    "set_coordinator_executor": "set_chat_executor",
}
"""The reference's older names of requests, and what they mean."""


class Ask(msgspec.Struct, kw_only=True):
    """A request."""

    cmd: str
    message: str | None = None
    request_id: RequestId | None = None
    chat_id: ChatNumber | None = None
    timeout: Annotated[float, msgspec.Meta(ge=0, le=_DAY)] = 120.0
    coordinator_id: ChatNumber | None = None
    """The reference's older name for `chat_id`."""
    attachments: list[Any] | None = None
    """Known by the reference, and refused by us: what is silently left away would be missed too late."""
    name: Name | None = None
    model: Name | None = None
    endpoint: Address | None = None
    """A URL, or the name of a configured endpoint."""
    executor: Name | None = None
    before: Count | None = None
    """Of a history: the messages before this one."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50

    @property
    def chat(self) -> int:
        """The chat that is meant; chat 0 if none is named."""
        return self.named or 0

    @property
    def named(self) -> int | None:
        """The chat that is named."""
        return self.chat_id if self.coordinator_id is None else self.coordinator_id


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a chat's executor told, as a follower hears it."""

    seq: int
    """Counted up within the life of the daemon; what was put together has the number of its last piece."""
    turn: int
    """0 where there was no turn: a slash command, an executor that could not be made."""
    progress: Progress
    request_id: str | None = None
    """The question of the turn."""


_BEHIND = ("exchanges", "log")
"""Of a turn: what no follower is told. It may be huge, and stands in the recording."""
_TURN = [field for field in msgspec.structs.fields(Turn) if field.name not in _BEHIND]


def _default(field: msgspec.structs.FieldInfo) -> Any:  # noqa: ANN401 - of any type
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=field.default_factory)
    return field.default if field.default is not msgspec.NODEFAULT else msgspec.field()


_OnWire: Any = msgspec.defstruct(
    "_OnWire", [(field.name, field.type, _default(field)) for field in _TURN], frozen=True, kw_only=True
)
"""A turn, without these: made from Turn, so that both have the same fields."""


class _Started(msgspec.Struct, frozen=True, tag_field="kind", tag="turn_started"):
    turn: _OnWire


class _Ended(msgspec.Struct, frozen=True, tag_field="kind", tag="turn_ended"):
    turn: _OnWire


_OTHERS = tuple(kind for kind in get_args(Progress) if kind not in {TurnStarted, TurnEnded})


class _Line(msgspec.Struct, frozen=True):
    """What stands in a line, told or refused."""

    ok: bool = True
    error: str = ""
    seq: int | None = None
    turn: int = 0
    request_id: str | None = None
    progress: Union[(_Started, _Ended, *_OTHERS, None)] = None  # type: ignore[valid-type]


_ask = msgspec.json.Decoder(Ask)
_line = msgspec.json.Decoder(_Line)


def read_ask(line: bytes) -> Ask | str:
    """The request, or why it is none."""
    try:
        ask = _ask.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"Invalid request: {error}"
    ask.cmd = OLDER.get(ask.cmd, ask.cmd)
    return ask


def answer(**values: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """A good answer."""
    return msgspec.json.encode({"ok": True, **values}) + b"\n"


def refusal(why: str, hint: str = "") -> bytes:
    """A bad one: what is wrong, and what to do about it where that is known."""
    told = {"ok": False, "error": why} | ({"hint": hint} if hint else {})
    return jsontext.write(told) + b"\n"


def telling(told: Told) -> bytes:
    """The line of one thing that was told; half a character in it, which JSON cannot hold, is mended."""
    progress = told.progress
    if isinstance(progress, TurnStarted | TurnEnded):
        bare = msgspec.structs.replace(progress.turn, exchanges=(), log=())
        told = msgspec.structs.replace(told, progress=msgspec.structs.replace(progress, turn=bare))
    try:
        return msgspec.json.encode(told) + b"\n"
    except UnicodeEncodeError:
        return jsontext.write(msgspec.to_builtins(told)) + b"\n"


def read_told(line: bytes) -> Told | str:
    """What was told, or why the following has ended. A line that is neither ends it too."""
    try:
        read = _line.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"the daemon's line is not understood: {error}"
    progress = read.progress
    if not read.ok or read.seq is None or progress is None:
        return read.error or "the daemon told nothing"
    if isinstance(progress, _Started | _Ended):
        kind = TurnStarted if isinstance(progress, _Started) else TurnEnded
        progress = kind(turn=Turn(**msgspec.structs.asdict(progress.turn)))
    return Told(seq=read.seq, turn=read.turn, progress=progress, request_id=read.request_id)
