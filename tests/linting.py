"""What tests of rules share: one exchange is judged, and the findings of one rule are looked at."""

import json
from typing import Any

from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.endpoint import Limits, Profile, Refusal
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.finding import Finding
from nexdiag.lint.engine import judge, judge_bare
from nexdiag.lint.seen.bare import BareExchange

CHAT = "http://h/v1/chat/completions"
SYSTEM = {"role": "system", "content": "s"}
USER = {"role": "user", "content": "u"}
ASSISTANT = {"role": "assistant", "content": "a"}


def calls(*ids: str, name: str = "f", arguments: object = "{}", content: object = None) -> dict[str, Any]:
    """An assistant's message of chat completions that calls a tool once for each id."""
    made = [{"id": one, "type": "function", "function": {"name": name, "arguments": arguments}} for one in ids]
    return {"role": "assistant", "content": content, "tool_calls": made}


def tool(call_id: str, content: object = "r") -> dict[str, Any]:
    """A tool message that answers a call."""
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def refusing(*rules: str, status: int = 400, models: str = "", **limits: object) -> Profile:
    """A server that refuses these faults, and states these limits."""
    refuses = tuple(
        Refusal(rule=rule, status=status, body={"error": {"message": "no"}}, source="a test", models=models)
        for rule in rules
    )
    return Profile(name="strict", title="Strict", refuses=refuses, limits=Limits(**limits))


def judged(request: object = None, profile: Profile | None = None, **parts: Any) -> tuple[Finding, ...]:  # noqa: ANN401 - any part
    """The findings of a bare exchange; `parts` are server, status, response, log, url, client."""
    return judge_bare(BareExchange(request=request, **parts), profile)[1]


def found(rule: str, request: object = None, profile: Profile | None = None, **parts: Any) -> list[Finding]:  # noqa: ANN401 - any part
    """Those of one rule."""
    return [finding for finding in judged(request, profile, **parts) if finding.rule == rule]


def places(rule: str, messages: list[object], profile: Profile | None = None, **parts: Any) -> list[int | None]:  # noqa: ANN401 - any part
    """The indices of the messages that one rule finds."""
    return [one.location.message_index for one in found(rule, {"model": "m", "messages": messages}, profile, **parts)]


def recording(*rounds: tuple[object, int | None, object], url: str = CHAT) -> Cassette:
    """A recording: each round is a request body, a status (None: no answer), and an answer (text: a stream)."""
    splitter = Splitter()
    exchanges = []
    for number, (request, status, answer) in enumerate(rounds):
        body = splitter.split(json.dumps(request).encode())
        text = answer if isinstance(answer, str) else json.dumps(answer)
        chunks = (Chunk(at=0.1, bytes=text.encode()),)
        response = None if status is None else Response(status=status, chunks=chunks)
        sent = Request(method="POST", url=url, body=body)
        exchanges.append(Exchange(id=number, started=float(number), request=sent, response=response, turn=number + 1))
    return Cassette(header=Header(), exchanges=tuple(exchanges))


def told(rule: str, cassette: Cassette, profile: Profile) -> list[Finding]:
    """The findings of one rule in a recording."""
    return [finding for finding in judge(cassette, profile) if finding.rule == rule]
