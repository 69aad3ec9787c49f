"""What client and daemon say to each other: one JSON object a line, `cmd` in, `ok` out. Pure.

The request kinds and keys are the reference executor's, and `wait_reply` of ours.
"""

from typing import Annotated, Any

import msgspec

LONGEST_ASK = 1024**2
"""Bytes of a request: the longest message, with every character escaped, is a part of that."""
LONGEST_LINE = 16 * 1024**2
"""Bytes of an answer."""
LONGEST_MESSAGE = 100 * 1024
"""Bytes of a message, as UTF-8."""
_DAY = 86400.0

ChatNumber = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
RequestId = Annotated[str, msgspec.Meta(max_length=200)]


class Ask(msgspec.Struct, kw_only=True):
    """A request."""

    cmd: str
    message: str | None = None
    request_id: RequestId | None = None
    chat_id: ChatNumber = 0
    timeout: Annotated[float, msgspec.Meta(ge=0, le=_DAY)] = 120.0
    coordinator_id: ChatNumber | None = None
    """The reference's older name for `chat_id`."""
    attachments: list[Any] | None = None
    """Known by the reference, and refused by us: what is silently left away would be missed too late."""

    @property
    def chat(self) -> int:
        """The chat that is meant."""
        return self.chat_id if self.coordinator_id is None else self.coordinator_id


_ask = msgspec.json.Decoder(Ask)


def read_ask(line: bytes) -> Ask | str:
    """The request, or why it is none."""
    try:
        return _ask.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"Invalid request: {error}"


def answer(**values: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """A good answer."""
    return msgspec.json.encode({"ok": True, **values}) + b"\n"


def refusal(why: str) -> bytes:
    """A bad one."""
    return msgspec.json.encode({"ok": False, "error": why}) + b"\n"
