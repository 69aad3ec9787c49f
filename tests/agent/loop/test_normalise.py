"""Promises of nexdiag.agent.loop.normalise, and of all that stands on it: whatever happens, what goes out is lawful.

The second half plays whole random lives of a conversation, through the real machine, driver, journal and resume, with
a model and tools that do whatever Hypothesis thinks of; every request is judged by the linter, for every server.
"""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import arguments, content_parts, names, texts

from nexdiag.agent.driver import Driver
from nexdiag.agent.loop import CallModel, Failed, Limits, Machine, Replied, Summarise
from nexdiag.agent.loop.continuation import CONTINUE
from nexdiag.agent.loop.normalise import INTERRUPTED, LOST, NO_OUTPUT, STOPPED, Unlawful, normalise
from nexdiag.agent.progress import Compacted, Progress
from nexdiag.agent.session.journal import Journal
from nexdiag.agent.session.resume import restore
from nexdiag.codec import journal as codec
from nexdiag.codec.chat import Delta, ToolSpec
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.body import Body
from nexdiag.core.endpoint import Profile
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.finding import Severity
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.core.turn import ToolRun
from nexdiag.lint import profiles
from nexdiag.lint.engine import judge_exchange

USER = Message(role="user", content="hi")
ANSWER = Message(role="assistant", content="yo")


def calling(*ids: str, said: str = "{}", name: str = "look") -> Message:
    return Message(role="assistant", tool_calls=tuple(ToolCall(id=one, name=name, arguments=said) for one in ids))


def result(name: str, text: str = "ran", *, failed: bool = False) -> Message:
    return Message(role="tool", content=text, tool_call_id=name, is_error=failed)


def refusals(messages: Sequence[Message], every: Sequence[Profile] = ()) -> list[str]:
    """What the servers have against a request with these messages; behind an answer the user speaks first."""
    messages = [*messages, USER] if messages and messages[-1].role == "assistant" else messages
    found = []
    for profile in every or EVERY:
        encode = DIALECTS["chat"].encode_request
        body = encode(messages, model="m", max_tokens=None, tools=SPECS, sends=profile.sends)
        request = Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(body))
        findings = judge_exchange(Exchange(id=0, started=0.0, request=request), profile)
        found += [f"{profile.name}: {one.summary}" for one in findings if one.severity == Severity.ERROR]
    return found


HUGE = '{"a": "%s"}' % ("x" * 3000)
EVERY = tuple(one for one in profiles.ALL if one.name not in ("mistral-v1", "mistral-v2", "mistral-v3"))
"""But the oldest models of Mistral, for which a message that calls may have no text: the words would have to go."""
STRICTEST = tuple(profiles.named(name) for name in ("openai", "mistral", "lm-studio-strict"))
LOOK = {"type": "object", "properties": {"a": {"type": "string"}}}
SPECS = (ToolSpec(name="look", description="Look.", parameters=LOOK),)


# ---- one list of messages


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([USER, calling("a"), USER], [USER, calling("a"), result("a", INTERRUPTED, failed=True)], "as interrupted"),
        ([USER, calling("a"), result("a"), result("a", "2")], [USER, calling("a"), result("a")], "second result"),
        ([USER, result("x"), ANSWER], [USER, ANSWER], "without a call"),
        ([USER, calling("a"), USER, result("a")], [USER, calling("a"), result("a")], "directly behind"),
        (
            [USER, calling("a", "b"), result("b", "2"), result("a", "1")],
            [USER, calling("a", "b"), result("a", "1"), result("b", "2")],
            "in their order",
        ),
        ([USER, calling("a"), result("a", "")], [USER, calling("a"), result("a", NO_OUTPUT)], "empty result"),
        ([USER, USER, ANSWER], [Message(role="user", content="hi\n\nhi"), ANSWER], "into one message"),
        ([ANSWER], [Message(role="user", content=LOST), ANSWER], "is missing"),
        ([USER, Message(role="assistant", content=" ")], [USER], "an empty message of the assistant"),
        ([USER, calling("a", said="{"), result("a")], None, "a call that a server might refuse"),
        ([USER, calling("a", "a"), result("a"), result("a")], None, "an id that was missing or taken"),
        ([Message(role="bot", content="hi"), ANSWER], [USER, ANSWER], "fields that its role"),
        (
            [USER, Message(role="system", content="be"), ANSWER],
            [Message(role="system", content="be"), USER, ANSWER],
            "the system prompt was put first",
        ),
    ],
)
def test_each_fault_is_mended_and_told(before: list[Message], after: list[Message] | None, told: str) -> None:
    """Each of them was made by an executor that broke; the model forgets no call.

    (reference faults 1, 2, L2, L5, L9-L11)
    """
    mended, repairs = normalise(before)
    assert told in " ".join(repairs)
    if after is not None:
        assert mended[: len(after)] == after
    assert not refusals(mended)
    with pytest.raises(Unlawful, match=r"\w"):
        normalise(before, strict=True)


def test_a_user_behind_tools_gets_an_answer_before_it() -> None:
    """Some servers want the assistant between a tool and the user."""
    mended, _ = normalise([USER, calling("a"), result("a"), USER])
    assert mended[3] == Message(role="assistant", content=STOPPED)


def test_a_conversation_in_order_is_not_touched() -> None:
    """The very same list comes back: what the server has in its prompt cache stays valid, byte for byte."""
    clean = [Message(role="system", content="be"), USER, calling("a", "b"), result("a"), result("b"), ANSWER, USER]
    assert normalise(clean, strict=True) == (clean, ())
    assert normalise(clean)[0] is clean


any_message = st.builds(
    Message,
    role=st.sampled_from(["user", "assistant", "tool", "assistant", "tool", "system", "developer", "bot", ""]),
    content=st.none() | texts | content_parts,
    tool_calls=st.lists(
        st.builds(ToolCall, id=st.sampled_from(["", "a", "b", "call00001"]), name=names | texts, arguments=arguments),
        max_size=2,
    ).map(tuple),
    tool_call_id=st.none() | st.sampled_from(["", "a", "b", "call00001"]),
    is_error=st.booleans(),
)


@settings(max_examples=150)
@given(st.lists(any_message, max_size=8))
def test_whatever_it_is_given_becomes_lawful_once(messages: list[Message]) -> None:
    """Any list is mended so that no server refuses it; a second look finds nothing; no words of the user are lost."""
    once, _ = normalise(messages)
    assert normalise(once) == (once, ())
    assert normalise(once)[0] is once
    assert normalise(messages)[0] == once
    said = " ".join(message.text for message in once if message.role == "user")
    kept = [one.text for one in messages if one.role in ("user", "bot", "") and one.text.strip()]
    assert all(text in said or any(line in said for line in text.split("\n")) for text in kept)
    if any(message.role == "user" for message in once):
        assert not refusals(once, STRICTEST)


# ---- whole lives


class Crash(Exception):  # noqa: N818 - it is what happens, not an error of ours
    """The process dies here."""


class Memory(Journal):
    """A journal in memory: the very lines, as they would be on disk. It can die after each of them."""

    def __init__(self, lines: list[bytes], die: Callable[[], bool]) -> None:
        super().__init__(Path("none"), [codec.decode(line) for line in lines], clock=lambda: 1779285792.0)
        self.lines = lines
        self._die = die
        self.shortened = False

    def _write(self, entry: codec.Entry) -> None:
        self.lines.append(codec.encode(entry))
        self._next = entry.seq + 1
        self.shortened = self.shortened or isinstance(entry, codec.CompactionEntry)
        if self._die():
            raise Crash


def earlier() -> list[bytes]:
    """The journal of an earlier life: four turns, each with a long result."""
    lines: list[bytes] = []
    journal = Memory(lines, lambda: False)
    for turn in range(1, 5):
        asked, call = f"old {turn}", f"old{turn}"
        for message in (
            msgspec.structs.replace(USER, content=asked),
            calling(call),
            result(call, "long " * 700),
            ANSWER,
        ):
            journal.message(message, turn=turn)
    return lines


class Life:
    """One conversation with everything around it, which does what Hypothesis draws."""

    def __init__(self, data: st.DataObject, window: int | None) -> None:
        self.data = data
        self.strict = data.draw(st.booleans())
        self.judges = tuple(data.draw(st.lists(st.sampled_from(EVERY), min_size=2, max_size=2)))
        self.limits = Limits(window=window, reserve=300, calls=6, retries=1, stream_retries=1, empty_retries=1)
        self.lines = earlier() if data.draw(st.booleans()) else []
        self.asked: list[tuple[Message, ...]] = []
        self.sums: list[str] = []
        self.said: list[str] = []
        self.shortened = False
        self.numbers = itertools.count()
        self.turn: asyncio.Task[object] | None = None
        self.driver = self.start()

    def draw(self, *choices: str) -> str:
        return self.data.draw(st.sampled_from(choices))

    def start(self) -> Driver:
        """A process begins to work on it, with what the journal holds."""
        self.journal = Memory(self.lines, lambda: self.data.draw(st.integers(0, 60)) == 60)
        before = restore(self.journal.entries)
        machine = Machine(before.messages, limits=self.limits, strict=self.strict)
        assert tuple(machine.messages) == before.messages, "what is restored needs no mending"
        return Driver(
            machine,
            self,
            system="be kind",
            specs=SPECS,
            tools=self,
            journal=self.journal,
            tell=self.hear,
            clock=lambda: 0.0,
            sleep=self.sleep,
            turns=before.turns,
        )

    def hear(self, progress: Progress) -> None:
        self.shortened = self.shortened or isinstance(progress, Compacted)

    async def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        await self.perhaps_stopped()

    async def close(self) -> None:
        """Nothing is open."""

    async def perhaps_stopped(self) -> None:
        """The user may press Ctrl-C: gently, or hard."""
        how = self.draw(*["no"] * 12, "gently", "hard")
        if how == "gently":
            self.driver.interrupt()
        elif how == "hard":
            assert self.turn is not None
            self.turn.cancel()
        await asyncio.sleep(0)

    # ---- the model

    async def ask(  # noqa: PLR0913 - what a client is handed
        self,
        command: CallModel,
        *,
        tools: Sequence[ToolSpec] = (),  # noqa: ARG002 - it is what a client is handed
        turn: int | None = None,  # noqa: ARG002 - likewise
        question: str | None = None,  # noqa: ARG002 - likewise
        on_delta: Callable[[Delta], None] | None = None,
        on_wait: Callable[[float, str], None] = lambda seconds, reason: None,  # noqa: ARG002 - likewise
    ) -> Replied | Failed:
        self.look(command)
        await self.perhaps_stopped()
        assert on_delta is not None
        got = self.fails() or (self.summary() if isinstance(command, Summarise) else self.reply())
        if isinstance(got, Replied):
            on_delta(Delta(kind="text", text=got.reply.message.text))
        return got

    def look(self, command: CallModel) -> None:
        """Judge a request: by the rules of two servers, and as the continuation of the one before it."""
        assert not refusals(command.messages, self.judges)
        if isinstance(command, Summarise):
            self.sums += [message.text for message in command.messages]
            return
        if self.asked and not self.shortened:
            *before, last = self.asked[-1]
            assert list(command.messages[: len(before)]) == before
            now = command.messages[len(before)]
            begins = now.text.startswith(last.text) or last.content == CONTINUE  # which makes way for a question
            assert now == last or (now.role == last.role == "user" and begins)
        self.shortened = False
        self.asked.append(command.messages)

    def fails(self) -> Failed | None:
        how = self.draw(*["no"] * 8, "busy", "refused", "overflow")
        if how == "no":
            return None
        if how == "overflow":
            needed, window = self.data.draw(st.sampled_from([(None, None), (5000, 1500), (9000, None), (1, 10**9)]))
            return Failed(reason="too long", may_pass=False, overflow=True, needed=needed, window=window)
        return Failed(reason=how, may_pass=how == "busy", status=503 if how == "busy" else 400)

    def summary(self) -> Replied:
        text = self.draw("Goal: it. Done: that.", "Goal: it.", "", "long").replace("long", "s" * 9000)
        broken = self.draw("", "", "", "the stream broke off") or None
        return Replied(
            reply=Reply(message=Message(role="assistant", content=text), finish_reason=self.finish()), broken=broken
        )

    def finish(self) -> str:
        return self.draw(*["stop"] * 8, "length", "model_length", "content_filter")

    def reply(self) -> Replied:
        kind = self.draw("text", "text", "cut", "calls", "calls", "calls", "cut call", "nothing", "half")
        number = next(self.numbers)
        finish = "length" if "cut" in kind else self.finish()
        content = None if kind == "nothing" else f"part {number} " * self.data.draw(st.sampled_from([1, 1, 300]))
        wanted = ()
        if "call" in kind:
            one = st.builds(
                ToolCall,
                id=st.sampled_from(["", "a", "call00001", f"id{number}"]),
                name=st.sampled_from(["look", "look", "no such tool"]),
                arguments=st.sampled_from(["{}", "", "{", "[1]", "huge"]),
            )
            wanted = tuple(self.data.draw(st.lists(one, min_size=1, max_size=3)))
            wanted = tuple(
                msgspec.structs.replace(call, arguments=HUGE) if call.arguments == "huge" else call for call in wanted
            )
            content = self.draw("", "I look.")
        absurd = self.data.draw(st.sampled_from([0, 0, 10**9, 700]))
        usage = Usage(input_tokens=absurd, output_tokens=3)
        message = Message(role="assistant", content=content, tool_calls=wanted)
        broken = "the stream broke off" if kind == "half" else None
        return Replied(reply=Reply(message=message, finish_reason=finish, usage=usage), broken=broken)

    # ---- the tools

    async def run(
        self, calls: Sequence[ToolCall], *, on_run: Callable[[ToolRun], None] | None = None
    ) -> tuple[ToolRun, ...]:
        assert on_run is not None
        runs = []
        for call in calls:
            await self.perhaps_stopped()
            output = self.draw("same", "same", "", f"new {next(self.numbers)}", "long")
            output = output.replace("long", "long " * 700)
            failed = self.draw("", "", "failed") == "failed"
            runs.append(
                ToolRun(call_id=call.id, name=call.name, arguments=call.arguments, output=output, is_error=failed)
            )
            on_run(runs[-1])
        return tuple(runs)

    # ---- the user

    async def live(self) -> None:
        for _ in range(self.data.draw(st.integers(1, 6))):
            what = self.draw("say", "say", "say", "compact", "restart")
            if what == "restart":
                self.driver = self.start()
                continue
            await self.does(self.compact() if what == "compact" else self.say())
            assert self.driver.machine.idle
            again = restore([codec.decode(line) for line in self.lines])
            assert list(again.messages) == self.driver.machine.messages
            self.nothing_is_lost()

    async def does(self, playing: "asyncio.Future[object] | object") -> None:
        self.turn = asyncio.ensure_future(playing)  # type: ignore[arg-type, unused-ignore]
        try:
            await self.turn
        except asyncio.CancelledError:
            pass
        except Crash:
            self.shortened = self.shortened or self.journal.shortened
            self.driver = self.start()

    async def say(self) -> None:
        last = self.driver.machine.messages[-1:]
        if last and last[0].role != "assistant" and self.draw("go on", "say") == "go on":
            await self.driver.say("?", said=True)
            return
        text = f"said {next(self.numbers)}. " + "y" * self.data.draw(st.sampled_from([0, 0, 400, 3000, 9000]))
        text = f"{text} end{next(self.numbers)}"
        self.said.append(text)
        turn = await self.driver.say(text, request_id=f"r{len(self.said)}")
        if turn.error and "it was not sent" in turn.error:
            self.said.remove(text)
        assert turn.outcome != "answered" or turn.reply

    async def compact(self) -> None:
        told = await self.driver.compact()
        assert isinstance(told, Compacted) or told

    def nothing_is_lost(self) -> None:
        """Each text of the user is in the conversation, or in a request for a summary; or a note says it was cut."""
        here = [message.text for message in self.driver.machine.messages if message.role == "user"]
        brief = [text for text in self.sums if "only the user's words are left, in brief:]" in text]
        if any("left out here" in text for text in (*here, *brief)):
            self.said.clear()
        for text in self.said:
            marks = text.split(".")[0], text.rsplit(" ", 1)[1]
            assert any(all(mark in place for mark in marks) for place in (*here, *self.sums)), text


@settings(max_examples=120)
@given(st.data(), st.sampled_from([None, 1100, 2000, 6000]))
def test_a_whole_life_is_lawful(data: st.DataObject, window: int | None) -> None:
    """For any life, no server has anything against any request; the journal gives back the very conversation.

    Questions, calls with broken or huge arguments, tools that fail, streams that are cut, empty or broken, refusals,
    overflows, summaries good and bad, Ctrl-C at any moment, and crashes at each line of the journal: every request
    extends the one before it unless the conversation was made shorter, and no words of the user are lost (reference
    faults 1, 2, 15, 17, 31-37, L1-L7, L9-L13, L19, L27).
    """
    asyncio.run(Life(data, window).live())
