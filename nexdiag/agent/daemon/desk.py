"""Answers the requests: one method for each kind, one line for each answer."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import msgspec

from nexdiag.agent.daemon.log import DaemonLog
from nexdiag.agent.daemon.protocol import LONGEST_MESSAGE, Ask, answer, refusal
from nexdiag.agent.daemon.roster import STOPPING, Roster
from nexdiag.agent.session.overrides import Overrides, read_overrides, write_overrides
from nexdiag.agent.setup import EXECUTORS, check_executor
from nexdiag.codec import jsontext
from nexdiag.core.errors import NexdiagError, UsageError

_SHOWN = 40


class Desk:
    """The daemon's answers."""

    def __init__(
        self,
        roster: Roster,
        log: DaemonLog,
        *,
        new_request_id: Callable[[], str],
        status: Callable[[], dict[str, object]],
        stop: Callable[[], None],
    ) -> None:
        """`status` tells what the daemon knows of itself; `stop` begins its end."""
        self._roster = roster
        self._log = log
        self._new_request_id = new_request_id
        self._status_of = status
        self._stop = stop
        self.kinds: dict[str, Callable[[Ask], Awaitable[bytes]]] = {
            "user_chat": self._user_chat,
            "wait_reply": self._wait_reply,
            "interrupt_chat": self._interrupt,
            "list_chats": self._list,
            "chat_history": self._history,
            "create_chat": self._create,
            "set_chat_executor": self._set_executor,
            "compact_chat": self._compact,
            "release_chat": self._close,
            "stop_chat": self._close,
            "archive_chat": self._archive,
            "restore_chat": self._restore,
            "delete_chat": self._delete,
            "status": self._status,
            "shutdown": self._shutdown,
        }

    async def answer(self, ask: Ask) -> bytes:
        """The one line for a request; whatever goes wrong, there is one."""
        kind = self.kinds.get(ask.cmd)
        if kind is None:
            return refusal(f"unknown request {ask.cmd[:_SHOWN]!r}; known: {', '.join(self.kinds)}, follow_chat")
        try:
            return await kind(ask)
        except asyncio.CancelledError:
            return refusal(STOPPING)
        except NexdiagError as error:
            return refusal(error.what, error.hint)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not leave a client without an answer
            self._log.write("ERROR", f"IPC {ask.cmd}: internal error: {error!r}")
            return refusal(f"internal error: {error!r}")

    async def _user_chat(self, ask: Ask) -> bytes:
        text = ask.message or ""
        if not text.strip():
            return refusal("an empty message cannot be sent")
        if len(text.encode()) > LONGEST_MESSAGE:
            return refusal(f"the message has {len(text.encode())} bytes; at most {LONGEST_MESSAGE} can be sent")
        if ask.attachments:
            return refusal("attachments cannot be sent; name the file in the message, and a tool will read it")
        request_id = ask.request_id or self._new_request_id()
        chat = self._roster.chat(ask.chat)
        row = chat.conversation.mailbox.post(text, request_id)
        self._log.write("INFO", f"IPC UserChat: request_id={request_id}, chat_id={ask.chat}")
        chat.call()
        return answer(status="accepted", request_id=request_id, inbox_id=row.id, chat_id=ask.chat)

    async def _wait_reply(self, ask: Ask) -> bytes:
        if not ask.request_id:
            return refusal("wait_reply needs a request_id")
        chat = self._roster.chat(ask.chat)
        if not chat.knows(ask.request_id):
            return refusal(f"chat {ask.chat} was never asked anything with the request id {ask.request_id!r}")
        row = await chat.wait_reply(ask.request_id, ask.timeout)
        if row is None:
            return answer(settled=False, doing=chat.doing)
        return answer(settled=True, role=row.role, content=row.content)

    async def _interrupt(self, ask: Ask) -> bytes:
        chat = self._roster.open_chat(ask.chat)
        return answer(interrupted=chat is not None and chat.interrupt())

    async def _list(self, ask: Ask) -> bytes:
        del ask
        return answer(chats=self._roster.listing.entries(self._roster.live))

    async def _history(self, ask: Ask) -> bytes:
        session = self._roster.registry.chats().get(ask.chat)
        if session is None:  # nothing was said in it yet
            return answer(messages=[], first=0, total=0)
        page = self._roster.listing.looks(session).history.page(before=ask.before, limit=ask.limit)
        messages = jsontext.mended(msgspec.to_builtins(page.messages))
        return answer(messages=messages, first=page.first, total=page.total)

    async def _create(self, ask: Ask) -> bytes:
        registry = self._roster.registry
        number, session = registry.new_chat(ask.name)
        write_overrides(registry.directory(session.id), _wanted(ask, Overrides()))
        self._log.write("INFO", f"IPC CreateChat: chat_id={number}, name={session.label}")
        return answer(chat_id=number, name=session.label, task_id=f".chat-{number}", coordinator_id=number)

    async def _set_executor(self, ask: Ask) -> bytes:
        number = _named(ask)
        place = self._roster.registry.directory(self._roster.session(number).id)
        overrides = _wanted(ask, read_overrides(place))
        write_overrides(place, overrides)
        chat = self._roster.open_chat(number)
        if chat is not None:
            chat.renew()
        return answer(chat_id=number, executor=overrides.executor, model=overrides.model, endpoint=overrides.endpoint)

    async def _compact(self, ask: Ask) -> bytes:
        chat = self._roster.chat(ask.chat)
        if chat.running:
            return refusal(f"chat {ask.chat} is in mid-turn", "interrupt it first, or ask again when it is over")
        return answer(content=await chat.compact())

    async def _close(self, ask: Ask) -> bytes:
        """The worker leaves the session: the next message starts another."""
        number = _named(ask)
        stopped = await self._roster.close(number)
        return answer(stopped=stopped, chat_id=number)

    async def _archive(self, ask: Ask) -> bytes:
        number = _named(ask)
        session = self._roster.session(number)
        await self._roster.close(number)
        archived = self._roster.registry.archive(session.id)
        self._roster.feed(number).end(f"chat {number} was archived")
        return answer(chat_id=number, archived_at=archived.archived_at)

    async def _restore(self, ask: Ask) -> bytes:
        number = _named(ask)
        session = self._roster.registry.restore(self._roster.session(number).id)
        return answer(chat_id=number, name=session.label)

    async def _delete(self, ask: Ask) -> bytes:
        number = _named(ask)
        session = self._roster.session(number)
        await self._roster.close(number)
        self._roster.registry.delete(session.id)
        self._roster.feed(number).end(f"chat {number} was deleted")
        return answer(chat_id=number)

    async def _status(self, ask: Ask) -> bytes:
        del ask
        return answer(status="running", pid=os.getpid(), chats=len(self._roster), **self._status_of())

    async def _shutdown(self, ask: Ask) -> bytes:
        del ask
        self._stop()
        return answer(status="stopping")


def _named(ask: Ask) -> int:
    """The chat that is named: what changes or ends one is not done to chat 0 because nobody said which."""
    if ask.named is None:
        raise UsageError(f"{ask.cmd} needs a chat_id")
    return ask.named


def _wanted(ask: Ask, old: Overrides) -> Overrides:
    check_executor(ask.executor or EXECUTORS[0])
    given = {"model": ask.model, "endpoint": ask.endpoint, "executor": ask.executor}
    return msgspec.structs.replace(old, **{name: value for name, value in given.items() if value is not None})
