"""A question to the daemon's chat and what came of it: posted with an id of its own, then waited for.

Law: what no daemon could take is refused here, as the user's fault, before any daemon is asked.
"""

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.agent.daemon import ipc
from nexdiag.agent.daemon.protocol import LONGEST_MESSAGE
from nexdiag.agent.session.mailbox import ANSWER, Mailbox, Row
from nexdiag.agent.session.registry import Registry
from nexdiag.core.errors import DaemonError, EndpointError, NothingToDo, UsageError

LONGEST_WAIT = 86400.0
"""Seconds: the daemon waits no longer for anything."""
_LOOK = 2.0
"""Seconds after which a waiting client hears what is in the way."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a question."""

    reply: str | None = None
    error: str | None = None
    """Why there is no reply; None if there is one."""
    settled: bool = True
    """False if the daemon is still at work on it: the reply may yet come."""


def new_request_id() -> str:
    """A name for a question that no other has, in the reference executor's form."""
    return f"chat-{time.time_ns() // 1_000_000}-{secrets.randbelow(10**10):010d}"


def say(  # noqa: PLR0913 - what is said, to whom, and who is told meanwhile
    state: Path,
    text: str,
    *,
    request_id: str,
    chat: int = 0,
    timeout: float,
    tell: Callable[[str], None] = lambda doing: None,
) -> Said:
    """Say something to a chat, and wait `timeout` seconds at most for what comes of it.

    `tell` hears what is in its way meanwhile: a server that is away, a silence.

    Raises `UsageError` for what cannot be said, `DaemonError` if no daemon answers or it refuses.
    """
    check(text)
    if not 0 < timeout <= LONGEST_WAIT:  # NaN is neither
        raise UsageError(
            f"a wait of {timeout:g} s is not possible", hint=f"at most {LONGEST_WAIT:g} s, and more than 0"
        )
    ipc.ask(state, "user_chat", message=text, request_id=request_id, chat_id=chat)
    answer, doing = _waited(state, request_id, chat, timeout, tell)
    if not answer.get("settled"):
        why = f": {doing}" if doing else ""
        return Said(error=f"no reply within {timeout:g} s{why}", settled=False)
    words = str(answer.get("content"))
    return Said(reply=words) if answer.get("role") == ANSWER else Said(error=words)


def _waited(
    state: Path, request_id: str, chat: int, timeout: float, tell: Callable[[str], None]
) -> tuple[dict[str, Any], str]:
    """What came of it in that time, and what the daemon was last at; `tell` hears of that as it changes."""
    left, doing = timeout, ""
    while True:
        answer = ipc.ask(state, "wait_reply", request_id=request_id, chat_id=chat, timeout=min(left, _LOOK))
        at = str(answer.get("doing") or "")
        if answer.get("settled") or left <= _LOOK:
            return answer, at or doing
        if at and at != doing:
            tell(at)
        doing, left = at, left - _LOOK


def reply_to(
    state: Path, text: str, *, chat: int = 0, timeout: float, tell: Callable[[str], None] = lambda doing: None
) -> str:
    """The reply to a new question; `tell` hears what is in its way.

    Raises, beside what `say` raises, `DaemonError` if none came in time, and `EndpointError` with the failure's line.
    """
    request_id = new_request_id()
    said = say(state, text, request_id=request_id, chat=chat, timeout=timeout, tell=tell)
    if said.reply is not None:
        return said.reply
    if said.settled:
        raise EndpointError(said.error or "", hint="see: nexdiag service logs; nexdiag capture records what was sent")
    number = f" --chat {chat}" if chat else ""
    hint = f"it goes on; fetch the reply later with: nexdiag chat{number} --reply {request_id}"
    raise DaemonError(said.error or "", hint=hint)


def late_reply(state: Path, *, chat: int = 0, request_id: str | None = None) -> str:
    """The reply to an earlier question, or the last one of the chat, from its files: no daemon is needed.

    Raises `UsageError` for a question that was never asked, `DaemonError` while there is none, and `EndpointError`
    with the failure's line.
    """
    mailbox = Mailbox(Registry(state).place(f"chat-{chat}"))
    if request_id is None:
        rows = mailbox.answers()
        if not rows:
            raise NothingToDo(f"chat {chat} has no replies yet", hint="say something: nexdiag chat 'hello'")
        row: Row | None = rows[-1]
    else:
        row = mailbox.reply(request_id)
    if row is not None and row.role == ANSWER:
        return row.content
    if row is not None:
        raise EndpointError(row.content, hint="see: nexdiag service logs; nexdiag capture records what was sent")
    if any(question.request_id == request_id for question in mailbox.questions()):
        raise DaemonError(f"no reply yet to {request_id}", hint="is the daemon at work? see: nexdiag service status")
    what = f"chat {chat} was never asked anything with the request id {request_id!r}"
    raise UsageError(what, hint="name the chat as well: --chat N; or take the last reply: nexdiag chat --last")


def utf8(text: str) -> bytes:
    """The text's bytes. Raises `UsageError` where it was typed, or piped in, as something else than UTF-8."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        what = f"the message is not UTF-8 text (at character {error.start + 1})"
        raise UsageError(what, hint="convert it first, for example with: iconv -t utf-8") from error


def check(text: str) -> None:
    """Raises `UsageError` for what no daemon could take."""
    size = len(utf8(text))
    if not text.strip():
        raise UsageError("an empty message cannot be sent", hint="say something: nexdiag chat 'hello'")
    if size > LONGEST_MESSAGE:
        what = f"the message has {size} bytes; at most {LONGEST_MESSAGE} can be sent"
        raise UsageError(what, hint="say it in smaller pieces, or name a file that holds it")
