"""A client that grouping is told of: it sends requests as real ones do, and hears answers."""

import itertools
import json
from typing import Any

from nexdiag.capture.grouping.answers import Heard
from nexdiag.capture.grouping.entries import answer_entry
from nexdiag.capture.grouping.places import Grouping, Place
from nexdiag.core.body import Body
from nexdiag.core.exchange import Request

U1, U2, U3 = ({"role": "user", "content": text} for text in ("What day is it?", "And tomorrow?", "Thanks a lot!"))
A1, A2 = ({"role": "assistant", "content": text} for text in ("Friday.", "Saturday."))
SYSTEM = {"role": "system", "content": "You are a helpful agent. Today is Friday."}
TOOLS = [{"type": "function", "function": {"name": "date", "parameters": {}}}]


def call(call_id: str, text: str | None = None) -> dict[str, Any]:
    function = {"name": "date", "arguments": "{}"}
    return {
        "role": "assistant",
        "content": text,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


def told(call_id: str, text: str = "Fri") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


class Client:
    """Sends requests, and hears answers."""

    def __init__(self, route: str = "/v1/chat/completions") -> None:
        self.grouping = Grouping()
        self.route = route
        self.numbers = itertools.count()
        self.number = -1

    def send(
        self, *messages: object, headers: tuple[tuple[str, str], ...] = (), route: str = "", **more: object
    ) -> Place:
        """A request that has no answer yet."""
        self.number = next(self.numbers)
        kept = {"input" if (route or self.route).endswith("/responses") else "messages": list(messages)}
        raw = json.dumps({"model": "m", **kept, **more}).encode()
        url = "http://127.0.0.1:1" + (route or self.route)
        return self.grouping.asked(self.number, Request(method="POST", url=url, headers=headers, body=Body.of(raw)))

    def hear(self, text: str = "", *, number: int | None = None, **more: Any) -> None:  # noqa: ANN401 - fields of Heard
        """The answer of the latest request, or of that one."""
        answer = Heard(status=200, text=text, first=answer_entry(text), **more)
        self.grouping.answered(self.number if number is None else number, answer)

    def fail(self, number: int | None = None) -> None:
        """The latest request, or that one, is refused."""
        self.grouping.answered(self.number if number is None else number, Heard(status=500, failed=True))

    def ask(self, *messages: object, answer: str = "", **more: Any) -> Place:  # noqa: ANN401 - fields of a body
        """A request and its answer."""
        place = self.send(*messages, **more)
        self.hear(answer)
        return place
