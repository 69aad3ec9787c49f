"""What the stub says: the answers of a script, one after the other, or canned ones."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.chat import ChatRequest
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.endpoint.stub import calling

_REFUSED = 400


class Call(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool call of an answer."""

    name: str
    arguments: dict[str, Any] | str = msgspec.field(default_factory=dict)
    """An object, or the raw text, which may be no JSON."""
    id: str | None = None
    """None for one such as that server makes."""


class Counted(Usage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tokens, as a script wants them told."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer of a script: what a model says, or a failure that is told on purpose."""

    text: str = ""
    reasoning: str | None = None
    """What it thinks aloud; told where that server has a field for it."""
    tool_calls: tuple[Call, ...] = ()
    finish_reason: str | None = None
    """None for `stop`, or `tool_calls` where it calls tools."""
    usage: Counted | None = None
    """None to count words."""
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 200
    body: Any = None
    """A JSON value, or plain text, that is told as it stands: a failure, whatever the status."""
    times: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    """How often a failure is told before the answer that follows it."""

    @property
    def failure(self) -> bool:
        """Whether it is no reply, but a status and a body."""
        return self.status >= _REFUSED or self.body is not None


class Script:
    """Answers in order. A failure stands before the answer that follows it: who asks again gets that answer."""

    def __init__(self, answers: Sequence[str | Answer]) -> None:
        """A text is an answer that says it."""
        entries = [Answer(text=entry) if isinstance(entry, str) else entry for entry in answers]
        self._answers: list[tuple[list[Answer], Answer]] = []
        failures: list[Answer] = []
        for entry in entries:
            if entry.failure:
                failures += [entry] * entry.times
            else:
                self._answers.append((failures, entry))
                failures = []
        self._last = failures
        """Failures behind the last answer: they stand before the first, when it comes again."""
        self._told: dict[int, int] = {}

    def answer(self, asked: ChatRequest) -> Answer | None:
        """The answer to this request; None without a script."""
        return self.at(asked_for(asked.messages))

    def at(self, number: int) -> Answer | None:
        """The answer that is asked for as the `number`-th, from 1; a failure, as long as one is to be told first."""
        failures, answer = self._last, None
        if self._answers:
            round_, place = divmod(number - 1, len(self._answers))
            failures, answer = self._answers[place]
            failures = [*self._last, *failures] if round_ and not place else failures
        told = self._told.pop(number, 0)
        if answer is None and failures:  # nothing but failures
            told %= len(failures)
        if told < len(failures):
            self._told[number] = told + 1
            return failures[told]
        return answer


def asked_for(messages: Sequence[Message]) -> int:
    """How many answers a conversation has asked for: one by each message of the user, one by what tools said."""
    count = 0
    for message, following in pairwise([*messages, Message(role="")]):
        count += message.role == "user" or (message.role == "tool" and following.role not in ("tool", "user"))
    return max(1, count)


def reply(asked: ChatRequest, answer: Answer | None, *, model: str, call_id: str) -> Reply:
    """The reply that tells an answer; a canned one if there is none. `call_id` is the form of ids not given."""
    number = asked_for(asked.messages)
    answer = answer or _canned(asked)
    calls = tuple(
        ToolCall(
            id=call.id if call.id is not None else calling.made_id(call_id, number, place),
            name=call.name,
            arguments=_text(call.arguments),
        )
        for place, call in enumerate(answer.tool_calls)
    )
    said = " ".join([answer.text, answer.reasoning or "", *(call.arguments for call in calls)])
    return Reply(
        message=Message(
            role="assistant",
            content=answer.text or (None if calls else ""),
            tool_calls=calls,
            reasoning=answer.reasoning,
        ),
        finish_reason=answer.finish_reason or ("tool_calls" if calls else "stop"),
        usage=answer.usage
        or Usage(
            input_tokens=sum(len(message.text.split()) for message in asked.messages), output_tokens=len(said.split())
        ),
        response_id=f"stub-{number}",
        model=model,
    )


def _canned(asked: ChatRequest) -> Answer:
    """A call of each tool that the request wants called; else which message is answered."""
    wanted = calling.wanted(asked)
    if wanted:
        return Answer(tool_calls=tuple(Call(name=tool.name, arguments=calling.arguments(tool)) for tool in wanted))
    number = max(1, sum(message.role == "user" for message in asked.messages))
    return Answer(text=f"This answers message {number}.")


def _text(arguments: dict[str, Any] | str) -> str:
    return arguments if isinstance(arguments, str) else jsontext.write(arguments).decode()
