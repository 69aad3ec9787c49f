"""Our verdict on a request against that of mistral-common's validator: `cd tests; python -m agreement.mistral 10000`.

For each version of the tokenizer: does our profile refuse what the validator refuses, and does the first finding, when
told the validator's words, explain them. What disagrees for a reason that is known stands in `REASONS`, and in
docs/reference/agreement.md.
"""

import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
from agreement.reasons import FIRST, THEY, WE, Said
from conversations import requests
from hypothesis import HealthCheck, Phase, given, settings
from mistral_common.exceptions import MistralCommonException
from mistral_common.protocol.instruct.messages import AssistantMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import MistralRequestValidator, ValidationMode, get_validator
from mistral_common.tokens.tokenizers.base import TokenizerVersion

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.profiles import named
from nexdiag.lint.profiles.shapes import mistral_error
from nexdiag.lint.seen.bare import BareExchange

ALL = tuple(HealthCheck)
VALIDATORS: dict[str, MistralRequestValidator] = {
    version.value: get_validator(version, ValidationMode.serving) for version in TokenizerVersion
}

_PROFILES = {version: named(f"mistral-{version}") for version in VALIDATORS}


class Theirs(msgspec.Struct, frozen=True, kw_only=True):
    """What mistral-common made of a request."""

    refused: bool = False
    words: str = ""
    spoken: bool = False
    """The words are the validator's: those of pydantic, and of Python, no server says as they are."""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One request before one version."""

    version: str
    request: dict[str, Any]
    theirs: Theirs
    errors: tuple[Finding, ...]
    told: tuple[Finding, ...] = ()
    """The findings where the validator's words are the recorded answer."""

    @property
    def differs(self) -> str:
        """In what the two disagree; empty where they agree."""
        if self.theirs.refused and not self.errors:
            return THEY
        if self.errors and not self.theirs.refused:
            return WE
        if self.theirs.spoken and not self._named():
            return FIRST
        return ""

    def _named(self) -> bool:
        """Whether the first finding explains the words, at a message where something is wrong without them as well."""
        first = self.told[0]
        return first.refused and first.location.message_index in {one.location.message_index for one in self.errors}


def converted(request: dict[str, Any]) -> ChatCompletionRequest | Theirs:
    """The request as mistral-common has it; what is no request to it is refused."""
    more = {key: value for key, value in request.items() if key not in ("messages", "tools")}
    try:
        made = ChatCompletionRequest.from_openai(request["messages"], request.get("tools"), **more)
    except MistralCommonException as error:
        return Theirs(refused=True, words=str(error), spoken=True)
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        return Theirs(refused=True, words=f"{type(error).__name__}: {error}")
    for message, sent in zip(made.messages, request["messages"], strict=True):
        if isinstance(message, AssistantMessage) and sent.get("prefix") is True:
            message.prefix = True  # from_openai knows nothing of it; Mistral's own dialect does
    return made


def verdict(made: ChatCompletionRequest | Theirs, version: str) -> Theirs:
    """What one version says to it."""
    if isinstance(made, Theirs):
        return made
    try:
        VALIDATORS[version].validate_request(made)
    except MistralCommonException as error:
        return Theirs(refused=True, words=str(error), spoken=True)
    except ValueError as error:
        return Theirs(refused=True, words=str(error))
    return Theirs()


def compared(request: dict[str, Any], version: str, theirs: Theirs) -> Compared:
    """Both verdicts."""
    profile = _PROFILES[version]
    findings = judge_bare(BareExchange(request=request), profile)[1]
    told: tuple[Finding, ...] = ()
    if theirs.spoken:
        bare = BareExchange(request=request, status=400, response=mistral_error(theirs.words))
        told = judge_bare(bare, profile)[1]
    errors = tuple(one for one in findings if one.severity is Severity.ERROR)
    return Compared(version=version, request=request, theirs=theirs, errors=errors, told=told)


def everywhere(request: dict[str, Any]) -> list[Compared]:
    """Both verdicts of every version."""
    made = converted(request)
    return [compared(request, version, verdict(made, version)) for version in VALIDATORS]


def _first_skipped(one: Compared) -> bool:
    """Validator.py pairs calls with answers from the second message on."""
    return any(message["role"] == "tool" or message.get("tool_calls") for message in one.request["messages"][:1])


def _lone_beginning(one: Compared) -> bool:
    """A conversation of one message begins with the user, even where its first message may be the assistant's."""
    messages = one.request["messages"]
    return len(messages) == 1 and messages[0].get("prefix") is True


def _no_key(one: Compared) -> bool:
    """The validators of v1 and v2 do not look at ids; reading the request wants the field all the same."""
    return any(message["role"] == "tool" and "tool_call_id" not in message for message in one.request["messages"])


def _same_ids(one: Compared) -> bool:
    """Calls of one message with the same id are one call to us, and ids that are missing or null are the same."""
    ids = [
        [call.get("id") or "null" for call in message.get("tool_calls") or ()] for message in one.request["messages"]
    ]
    return any(len(set(several)) < len(several) for several in ids)


def _hears(one: Compared) -> bool:
    """Only v7 refuses to hear somebody where there is a system message; a developer's counts as one."""
    return any(message["role"] in ("system", "developer") for message in one.request["messages"])


def _counted(one: Compared) -> bool:
    """Up to v7 answers are counted, not read: as many as there are calls, whosever they are."""
    return not _paired(one.request["messages"])


def _paired(messages: list[dict[str, Any]]) -> bool:
    """Whether each call between two messages of the assistant has one answer under its id."""
    waiting: Counter[object] = Counter()
    for message in messages:
        if message["role"] == "tool":
            waiting[message.get("tool_call_id")] -= 1
        elif message["role"] == "assistant":
            if any(waiting.values()):
                return False
            waiting = Counter(call.get("id") for call in message.get("tool_calls") or ())
    return not any(waiting.values())


def _empty_elsewhere(one: Compared) -> bool:
    """The words name no message, and a text that is empty or blank is what most servers mean by the like."""
    at = one.told[0].location.message_index if one.told else None
    if at is None or one.told[0].rule != "empty-content":
        return False
    message = one.request["messages"][at]
    return message["role"] != "assistant" or bool(message.get("content"))


_ALL = " ".join(VALIDATORS)
_COUNTED = "v1 v2 v3 v7"
_READ = "v11 v13 v15"
_NUMBER = "Not the same number of function calls and responses"
REASONS: dict[str, tuple[Callable[[Compared], bool], tuple[Said, ...]]] = {
    "the first message calls, or answers": (
        _first_skipped,
        (
            Said(differs=THEY, where=_COUNTED, words=_NUMBER),
            Said(differs=FIRST, where=_COUNTED, words=_NUMBER),
            Said(differs=THEY, where=_READ, words="Unexpected tool call id .* in tool results"),
            Said(differs=FIRST, where=_READ, words="Unexpected tool call id .* in tool results"),
            Said(
                differs=WE,
                where=_ALL,
                rules=frozenset({"unanswered-tool-call", "orphan-tool-result", "duplicate-tool-call-id"}),
            ),
        ),
    ),
    "nothing but a beginning of the answer": (
        _lone_beginning,
        tuple(
            Said(differs=differs, where=_ALL, words="Conversation must start with a user") for differs in (THEY, FIRST)
        ),
    ),
    "v1, v2: an answer without an id": (
        _no_key,
        (Said(differs=THEY, where="v1 v2", words="^KeyError: 'tool_call_id'$"),),
    ),
    "v1 to v7: answers are counted": (
        _counted,
        (
            Said(
                differs=WE,
                where=_COUNTED,
                rules=frozenset({"unanswered-tool-call", "orphan-tool-result", "duplicate-tool-result"}),
            ),
        ),
    ),
    "v1 to v3: a blank, or an empty text of another role": (
        _empty_elsewhere,
        (Said(differs=FIRST, where="v1 v2 v3", words="either content or tool_calls"),),
    ),
    "calls of one message with the same id": (
        _same_ids,
        (
            Said(differs=THEY, where=_COUNTED, words=f"{_NUMBER}|Unexpected role '\\w+' after role"),
            Said(differs=FIRST, where=_COUNTED, words=f"{_NUMBER}|Unexpected role '\\w+' after role"),
            Said(differs=FIRST, where=_READ, words="Duplicate tool call id|Unexpected role '\\w+' after role"),
        ),
    ),
    "v7: a system message, and audio": (
        _hears,
        (Said(differs=THEY, where="v7", words="audio chunks in messages"),),
    ),
}
"""Why the two may disagree: what the request is like, and what is then said. Nowhere else."""


def reason(one: Compared) -> str | None:
    """Why they disagree; None if nobody knows."""
    rules = {error.rule for error in one.errors}
    for name, (holds, several) in REASONS.items():
        if any(said.fits(one.differs, one.version, one.theirs.words, rules) for said in several) and holds(one):
            return name
    return None


def main(examples: int) -> int:
    """Compare so many requests; print what was found, and say whether something stays unexplained."""
    counts: Counter[tuple[str, str]] = Counter()
    odd: dict[tuple[str, str, str], list[Compared]] = {}
    began = time.perf_counter()

    @settings(max_examples=examples, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=ALL)
    @given(requests())
    def compare(request: dict[str, Any]) -> None:
        for one in everywhere(request):
            why = reason(one) if one.differs else None
            counts[one.version, "requests"] += 1
            counts[one.version, "refused"] += one.theirs.refused
            if one.differs:
                counts[one.version, why or "unexplained"] += 1
                if why is None:
                    rules = ",".join(sorted({finding.rule for finding in one.errors}))
                    odd.setdefault((one.differs, one.theirs.words[:50], rules), []).append(one)

    compare()
    rows = ["requests", "refused", *REASONS, "unexplained"]
    out = [f"{examples} requests before {len(VALIDATORS)} versions in {time.perf_counter() - began:.0f} s"]
    out.append(f"{'':52}" + "".join(f"{version:>8}" for version in VALIDATORS))
    out += [f"{row:52}" + "".join(f"{counts[version, row]:8}" for version in VALIDATORS) for row in rows]
    for (differs, words, rules), several in sorted(odd.items(), key=lambda pair: -len(pair[1])):
        shortest = min(several, key=lambda one: len(str(one.request)))
        versions = " ".join(dict.fromkeys(one.version for one in several))
        out.append(f"\n{len(several)}x {versions}: {differs}; theirs {words!r}, ours {rules or 'nothing'}")
        out.append(msgspec.json.encode(shortest.request).decode())
    sys.stdout.write("\n".join(out) + "\n")
    return 1 if odd else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
