"""What client and daemon say to each other: one JSON object a line, `cmd` in, `ok` out. Pure.

The request kinds and keys are the reference executor's, and `wait_reply` of ours.
"""

from typing import Any

import msgspec

LONGEST_LINE = 16 * 1024 * 1024
LONGEST_MESSAGE = 100 * 1024


class Ask(msgspec.Struct, kw_only=True):
    """A request."""

    cmd: str
    message: str | None = None
    request_id: str | None = None
    chat_id: int = 0
    timeout: float = 120.0
    coordinator_id: int | None = None
    """The reference's older name for `chat_id`."""

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
