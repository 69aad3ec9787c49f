"""Our verdict on a request against that of the real llama.cpp server: `cd tests; python -m agreement.llama 10000`.

Two servers, with a strict template and with one that knows tools: does our profile `llama.cpp`, given the template,
refuse what the server refuses; and does the first finding, when told the server's words, explain them. What disagrees
for a reason that is known stands in `REASONS`, and in docs/reference/agreement.md.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
from agreement.reasons import FIRST, THEY, WE, Said
from conversations import requests
from hypothesis import HealthCheck, Phase, given, settings

from nexdiag.core.finding import Finding, Severity
from nexdiag.endpoint import llama
from nexdiag.endpoint.tiny_model import STRICT_TEMPLATE, TOOL_TEMPLATE
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.profiles import named
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.template.chat_template import ChatTemplate
from nexdiag.lint.template.outcome import TemplateText

ALL = tuple(HealthCheck)
TEMPLATES = {"strict": STRICT_TEMPLATE, "tools": TOOL_TEMPLATE}
_PROFILE = named("llama.cpp")
_REFUSED = 400
_RANDOM = "does not match the expected format"
"""Said of what the random model wrote, not of what was sent."""
_SHORT: dict[str, Any] = {"max_tokens": 1, "temperature": 0}


_AT_THE_END = "Cannot have 2 or more assistant messages at the end"


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One request before one server."""

    template: str
    request: dict[str, Any]
    status: int
    words: str
    findings: tuple[Finding, ...]
    told: tuple[Finding, ...]
    """The findings where the server's answer is recorded."""

    at: int | None = None
    """The message that the template, or llama.cpp itself, stumbles over."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What we say it refuses."""
        return tuple(one for one in self.findings if one.severity is Severity.ERROR)

    @property
    def refused(self) -> bool:
        """Whether the server refused it."""
        return self.status >= _REFUSED and _RANDOM not in self.words

    @property
    def differs(self) -> str:
        """In what the two disagree; empty where they agree."""
        if self.refused and not self.errors:
            return THEY
        if self.errors and not self.refused:
            return WE
        if self.refused and not self._named():
            return FIRST
        return ""

    def _named(self) -> bool:
        """Whether the first finding explains the words, at a message where something is wrong without them as well.

        llama.cpp itself, before any template, refuses answers at the end: any of them but the first may be meant.
        """
        first, places = self.told[0], {self.at, *(one.location.message_index for one in self.findings)}
        if _AT_THE_END in self.words:
            places |= set(range(_beginning_of_the_end(self.request["messages"]) + 1, len(self.request["messages"])))
        return first.refused and first.location.message_index in places


class Server:
    """A llama.cpp server that runs, and what we know of it."""

    def __init__(self, name: str, address: str, client: httpx.Client) -> None:
        """The name of its template, and where it listens."""
        self.name = name
        self._template = ChatTemplate(TemplateText(text=TEMPLATES[name], name=name))
        self._url = f"{address}/v1/chat/completions"
        self._client = client

    def compare(self, request: dict[str, Any]) -> Compared:
        """Both verdicts."""
        answer = self._client.post(self._url, json={**request, **_SHORT})
        told: tuple[Finding, ...] = ()
        words = answer.text if answer.status_code >= _REFUSED else ""
        if words:
            told = self._judged(request, status=answer.status_code, response=answer.json())
        refusal = self._template.would_refuse(request["messages"], request.get("tools"))
        return Compared(
            template=self.name,
            request=request,
            status=answer.status_code,
            words=words,
            findings=self._judged(request),
            told=told,
            at=None if refusal is None else refusal.at,
        )

    def _judged(self, request: dict[str, Any], **answer: Any) -> tuple[Finding, ...]:  # noqa: ANN401 - status, response
        return judge_bare(BareExchange(request=request, **answer), _PROFILE, template=self._template)[1]


@contextmanager
def running(name: str) -> Iterator[Server]:
    """A server with one of the templates, for as long as the block lasts."""
    with llama.running(template=TEMPLATES[name], context=4096) as address, httpx.Client(timeout=60) as client:
        yield Server(name, address, client)


def _empty_list(one: Compared) -> bool:
    """llama.cpp wants one of the two fields, whatever is in it."""
    lacking = [message for message in one.request["messages"] if "content" not in message]
    return any("tool_calls" in message and not message["tool_calls"] for message in lacking)


def _beginning_of_the_end(messages: list[dict[str, Any]]) -> int:
    """Where the answers begin that stand at the end."""
    places = range(len(messages))
    return next((at + 1 for at in reversed(places) if messages[at]["role"] != "assistant"), 0)


def _somewhere(one: Compared) -> bool:
    """Roles that do not alternate: the words do not say where, and the template stumbled over an earlier message."""
    first = one.told[0].location.message_index if one.told else None
    ours = first is not None and one.told[0].rule == "role-alternation"
    return ours and one.at is not None and first is not None and one.at < first


def _earlier_answers(one: Compared) -> bool:
    """Two answers in a row stand before those at the end: we name the first two, as for any other words."""
    messages, first = one.request["messages"], one.told[0].location.message_index if one.told else None
    return first is not None and {messages[first]["role"], messages[first - 1]["role"]} == {"assistant"}


REASONS: dict[str, tuple[Callable[[Compared], bool], tuple[Said, ...]]] = {
    "no content, and tool_calls empty or null": (
        _empty_list,
        (Said(differs=WE, where="strict tools", rules=frozenset({"missing-content"})),),
    ),
    "roles alternate: the words do not say where": (
        _somewhere,
        (Said(differs=FIRST, where="strict", words="roles must alternate"),),
    ),
    "answers at the end: an earlier pair of answers is named": (
        _earlier_answers,
        (Said(differs=FIRST, where="strict tools", words=_AT_THE_END),),
    ),
}
"""Why the two may disagree: what the request is like, and what is then said. Nowhere else."""


def reason(one: Compared) -> str | None:
    """Why they disagree; None if nobody knows."""
    rules = {error.rule for error in one.errors}
    for name, (holds, several) in REASONS.items():
        if any(said.fits(one.differs, one.template, one.words, rules) for said in several) and holds(one):
            return name
    return None


def main(examples: int) -> int:
    """Compare so many requests before each server; print what was found, and say whether something is unexplained."""
    out: list[str] = []
    odd: dict[tuple[str, str, str], list[Compared]] = {}
    for name in TEMPLATES:
        began, counts = time.perf_counter(), _many(name, examples, odd)
        out.append(f"{name}: {examples} requests in {time.perf_counter() - began:.0f} s")
        out += [f"  {row:60}{counts[row]:8}" for row in ("refused", *REASONS, "unexplained")]
    for (differs, words, rules), several in sorted(odd.items(), key=lambda pair: -len(pair[1])):
        shortest = min(several, key=lambda one: len(str(one.request)))
        templates = " ".join(dict.fromkeys(one.template for one in several))
        out.append(f"\n{len(several)}x {templates}: {differs}; its words {words!r}, ours {rules or 'nothing'}")
        out.append(msgspec.json.encode(shortest.request).decode())
        out.append(f"{shortest.status} {shortest.words}")
    sys.stdout.write("\n".join(out) + "\n")
    return 1 if odd else 0


def _many(name: str, examples: int, odd: dict[tuple[str, str, str], list[Compared]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    with running(name) as server:

        @settings(
            max_examples=examples, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=ALL
        )
        @given(requests())
        def compare(request: dict[str, Any]) -> None:
            one = server.compare(request)
            counts["refused"] += one.refused
            if one.differs:
                why = reason(one)
                counts[why or "unexplained"] += 1
                if why is None:
                    rules = ",".join(sorted({finding.rule for finding in one.errors}))
                    odd.setdefault((one.differs, one.words[-60:], rules), []).append(one)

        compare()
    return counts


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
