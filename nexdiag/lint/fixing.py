"""Safe repairs of a request: such as lose no word that a user or a model said, and claim nothing that nobody said.

A repair is made for a finding, and the request judged again, until none is left for which there is one. What brings
an error of a rule that found none before is undone, and the next finding's turn comes. Neighbours are merged, a result
that nobody asked for is dropped, and so is one that is said twice; a system message is moved to the front, empty lists
that say nothing are left out. What a client sent as the user's word in the place of the answer to one call, and before
what the user said, becomes that answer. A missing answer to a tool call is not made up, no parameter that means
something is taken away, and no request is left without a message.
"""

from collections.abc import Callable, Container, Sequence
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.endpoint import Profile
from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.seen.bare import BareExchange

Request = dict[str, Any]
_Repair = Callable[[Request, list[Any], int], str | None]
_SYSTEM = ("system", "developer")
_MOST = 1000
"""Repairs of one request: each makes it shorter or moves a message to the front, so that it ends long before."""


class Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """A request after its repairs."""

    request: Request
    made: tuple[str, ...] = ()
    """What was done, in order: `role-alternation: merged messages[2] into messages[1]`."""
    left: tuple[Finding, ...] = ()
    """The errors and warnings for which there is no safe repair."""


def fixed(request: Request, profile: Profile, *, rules: Container[str] | None = None) -> Fixed:
    """Mend what can be mended, of these rules alone where they are given. The request stays as it is."""
    now = request
    findings = _judged(now, profile)
    made: list[str] = []
    while len(made) < _MOST:
        better = _better(now, findings, profile, rules)
        if better is None:
            break
        told, now, findings = better
        made.append(told)
    left = tuple(one for one in findings if one.weighs and (rules is None or one.rule in rules))
    return Fixed(request=_copy(now), made=tuple(made), left=left)


def _better(
    request: Request, findings: Sequence[Finding], profile: Profile, rules: Container[str] | None
) -> tuple[str, Request, tuple[Finding, ...]] | None:
    """The first repair that brings no new error: what was done, the request after it and its findings."""
    tried: set[tuple[str, int | None]] = set()
    for finding in findings:
        key = (finding.rule, finding.location.message_index)
        unwanted = rules is not None and finding.rule not in rules
        if not finding.weighs or unwanted or key in tried or finding.rule not in _REPAIRS:
            continue
        tried.add(key)
        mended = _copy(request)
        told = _repaired(mended, finding)
        if told is None:
            continue
        after = _judged(mended, profile)
        if _errors(after) <= _errors(findings):
            return told, mended, after
    return None


def _judged(request: Request, profile: Profile) -> tuple[Finding, ...]:
    return judge_bare(BareExchange(request=request), profile)[1]


def _errors(findings: Sequence[Finding]) -> set[str]:
    """The rules that found one."""
    return {one.rule for one in findings if one.severity is Severity.ERROR}


def _copy(request: Request) -> Request:
    """In it nothing is shared, also where the caller repeats an object."""
    copied: Request = jsontext.read(jsontext.write(request))
    return copied


def _repaired(request: Request, finding: Finding) -> str | None:
    """What was done for the finding; None where nothing can be done."""
    messages = request.get("input" if "input" in request and "messages" not in request else "messages")
    at = finding.location.message_index
    if not isinstance(messages, list):
        return None
    if at is not None and not (0 <= at < len(messages) and isinstance(messages[at], dict)):
        return None
    done = _REPAIRS[finding.rule](request, messages, -1 if at is None else at)
    return None if done is None or not messages else f"{finding.rule}: {done}"


def _merge(_request: Request, messages: list[Any], at: int) -> str | None:
    """One message out of two neighbours: texts with a blank line between, or the parts of both."""
    if at < 1 or not isinstance(messages[at - 1], dict):
        return None
    before, now = messages[at - 1], messages[at]
    joined = _joined(before.get("content"), now.get("content"))
    extra = now.keys() - {"role", "content"}
    if joined is None or extra - before.keys() or any(before[key] != now[key] for key in extra):
        return None
    before["content"] = joined
    del messages[at]
    return f"merged messages[{at}] into messages[{at - 1}]"


def _alternate(request: Request, messages: list[Any], at: int) -> str | None:
    """A user's message that stands for the answer to one call becomes it; other neighbours are merged."""
    owed = _owed(messages, at)
    if owed is None:
        return _merge(request, messages, at)
    if not owed:  # answered later, behind what came between
        return _merge(request, messages, at + 1) if at + 1 < len(messages) else None
    return _as_answer(messages, at, owed)


def _answered_by_user(_request: Request, messages: list[Any], at: int) -> str | None:
    """The answer that a user's message gives is made one, where the user speaks again behind it."""
    place = next((one for one in range(at + 1, len(messages)) if not _is(messages[one], "tool")), len(messages))
    return _as_answer(messages, place, _owed(messages, place) or []) if at >= 0 and place < len(messages) else None


def _as_answer(messages: list[Any], at: int, owed: list[str]) -> str | None:
    """A text stands for one call alone, and only where it is not the last that the user says."""
    message = messages[at]
    if len(owed) != 1 or message.keys() != {"role", "content"} or not message["content"]:
        return None
    if not isinstance(message["content"], str) or not (at + 1 < len(messages) and _is(messages[at + 1], "user")):
        return None
    messages[at] = {"role": "tool", "tool_call_id": owed[0], "content": message["content"]}
    return f"gave messages[{at}] the role tool and the tool_call_id {owed[0]}"


def _owed(messages: list[Any], at: int) -> list[str] | None:
    """The ids of the calls right before this message of the user that nothing answers; None if there are no calls."""
    asked = at - 1
    while asked > 0 and _is(messages[asked], "tool"):
        asked -= 1
    if asked < 0 or not _is(messages[at], "user") or not _is(messages[asked], "assistant"):
        return None
    calls = messages[asked].get("tool_calls")
    if not isinstance(calls, list) or not calls:
        return None
    ids = [call.get("id") if isinstance(call, dict) else None for call in calls]
    answered = {_call_id(one) for one in messages[asked + 1 :] if _is(one, "tool") and isinstance(_call_id(one), str)}
    return ["" if not isinstance(one, str) else one for one in ids if one not in answered]


def _is(message: object, role: str) -> bool:
    return isinstance(message, dict) and message.get("role") == role


def _joined(first: object, second: object) -> str | list[Any] | None:
    if isinstance(first, str) and isinstance(second, str):
        return "\n\n".join(text for text in (first, second) if text)
    if isinstance(first, str | list) and isinstance(second, str | list):
        return [*_parts(first), *_parts(second)]
    return None


def _parts(content: str | list[Any]) -> list[Any]:
    return content if isinstance(content, list) else [{"type": "text", "text": content}] if content else []


def _drop(_request: Request, messages: list[Any], at: int) -> str | None:
    """A message that answers nothing but what nobody asked."""
    if at < 0 or not _answers(messages[at]):
        return None
    del messages[at]
    return f"dropped messages[{at}]"


def _drop_second(request: Request, messages: list[Any], at: int) -> str | None:
    """An answer that says again what the first one to the same call said; of two that differ, neither."""
    first = _first_answer(messages, at) if at >= 0 and _answers(messages[at]) else None
    return _drop(request, messages, at) if first == messages[at] else None


def _first_answer(messages: list[Any], at: int) -> object:
    """The first answer to the call that this message answers, since it was made."""
    call_id, first = _call_id(messages[at]), None
    for message in reversed(messages[:at]):
        if not isinstance(message, dict):
            continue
        if message.get("type") == "function_call" and message.get("call_id") == call_id:
            break
        calls = message.get("tool_calls")
        if isinstance(calls, list) and any(isinstance(call, dict) and call.get("id") == call_id for call in calls):
            break
        if _answers(message) and _call_id(message) == call_id:
            first = message
    return first


def _answers(message: dict[str, Any]) -> bool:
    """Whether a message is an answer to a call."""
    return message.get("role") == "tool" or message.get("type") == "function_call_output"


def _call_id(answer: dict[str, Any]) -> object:
    return answer.get("call_id" if answer.get("type") == "function_call_output" else "tool_call_id")


def _to_front(_request: Request, messages: list[Any], at: int) -> str | None:
    """A system message joins the one at the front, or goes there; never before one of the other such role."""
    if at < 1 or messages[at].get("role") not in _SYSTEM:
        return None
    first = messages[0] if isinstance(messages[0], dict) else {}
    if first.get("role") != messages[at]["role"]:
        if first.get("role") in _SYSTEM:
            return None
        messages.insert(0, messages.pop(at))
        return f"moved messages[{at}] to the front"
    joined = _joined(first.get("content"), messages[at].get("content"))
    if joined is None:
        return None
    first["content"] = joined
    del messages[at]
    return f"merged messages[{at}] into messages[0]"


def _as_system(_request: Request, messages: list[Any], at: int) -> str | None:
    if at < 0 or messages[at].get("role") != "developer":
        return None
    messages[at]["role"] = "system"
    return f"gave messages[{at}] the role system"


def _no_empty_calls(_request: Request, messages: list[Any], at: int) -> str | None:
    if at < 0 or messages[at].get("tool_calls") != []:
        return None
    del messages[at]["tool_calls"]
    return f"took the empty tool_calls from messages[{at}]"


def _no_empty_tools(request: Request, _messages: list[Any], _at: int) -> str | None:
    if request.get("tools") != []:
        return None
    del request["tools"]
    if request.pop("tool_choice", None) is not None:
        return "took the empty tools from the request, and tool_choice with them"
    return "took the empty tools from the request"


def _no_trailing_space(_request: Request, messages: list[Any], at: int) -> str | None:
    content = messages[at].get("content") if at >= 0 else None
    if not isinstance(content, str) or content == content.rstrip():
        return None
    messages[at]["content"] = content.rstrip()
    return f"cut the white space at the end of messages[{at}]"


def _no_stream_options(request: Request, _messages: list[Any], _at: int) -> str | None:
    return None if request.pop("stream_options", None) is None else "took stream_options from the request"


_REPAIRS: dict[str, _Repair] = {
    "role-alternation": _alternate,
    "unanswered-tool-call": _answered_by_user,
    "orphan-tool-result": _drop,
    "duplicate-tool-result": _drop_second,
    "system-not-first": _to_front,
    "multiple-system-messages": _to_front,
    "developer-role": _as_system,
    "empty-tool-calls-array": _no_empty_calls,
    "empty-tools-array": _no_empty_tools,
    "prefill-trailing-whitespace": _no_trailing_space,
    "stream-options-unsupported": _no_stream_options,
}
