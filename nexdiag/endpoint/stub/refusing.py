"""What lint calls an error → what that server answers: its status, the shape of its body, its words.

Law: nothing is judged here. The rules find, the profile says in which words; where it has no words for it, ours stand
in the shape of its other errors.
"""

import re
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.chat.error import words_of
from nexdiag.core.body import Body
from nexdiag.core.endpoint import Profile, Refusal, Wire
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge_exchange

_PLACE = re.compile(r"\{([a-z_]+)\}")
_OTHER_ADDRESS = ("base-url-missing-v1", "route-not-found")
"""The statements that hold a server's words for a path that it does not serve."""
_TOO_LONG = "too long"
_TOOLS_NAME = b"tools[{tool}].function.name"
_KNOWS_BY_METHOD = "route-not-found"
"""A server that states this looks for a route by path and method: another method is another route to it."""
_USUAL = {"error": {"message": "", "type": "invalid_request_error", "param": None, "code": None}}
"""The error object of OpenAI, and of most that imitate it."""
_KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
"""The types of error on the Messages wire, by status, as Anthropic documents them."""
_SERVER = 500
_OF_THIS_STATUS = 1000
"""How much more a statement of the status in question counts than one of another."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal as a client sees it."""

    status: int
    body: Any
    """A JSON value, or plain text."""


def refused(profile: Profile, wire: Wire, path: str, body: bytes, *, model: str) -> Refused | None:
    """What this server answers to a request that it refuses; None if it lets it pass."""
    finding = _fault(profile, path, body)
    if finding is None:
        return None
    refusal = profile.refusal(finding.rule, model, wire)
    if refusal is None:  # no server reads it: it needs no statement
        return Refused(status=400, body=on_wire(profile, wire, 400, _in_shape(profile, 400, finding.summary)))
    body = _fitting(profile, refusal, finding)
    told = filled(body, _facts(finding, model, path), otherwise=str)
    return Refused(status=refusal.status, body=on_wire(profile, wire, refusal.status, told))


def unreadable(profile: Profile, wire: Wire, body: bytes, reason: str) -> Refused:
    """What is said to a body that is no JSON object: its words where they are known, else ours, in its shape."""
    own = profile.stream.no_json
    if own is not None and not _is_json(body):
        return Refused(status=400, body=on_wire(profile, wire, 400, own))
    return Refused(status=400, body=on_wire(profile, wire, 400, _in_shape(profile, 400, reason)))


def on_purpose(profile: Profile, wire: Wire, status: int, body: Any) -> Refused:  # noqa: ANN401 - a JSON body, or text
    """A failure that a script tells; without a body of its own, in the shape of this server's errors."""
    if body is not None:
        return Refused(status=status, body=body)
    words = f"{_phrase(status)} (told by the script)"
    return Refused(status=status, body=on_wire(profile, wire, status, _in_shape(profile, status, words)))


def no_route(profile: Profile, method: str, path: str) -> Refused:
    """What is said to a path that this server does not serve."""
    stated = next(filter(None, map(profile.refusal, _OTHER_ADDRESS)), None)
    if stated is None:
        return Refused(status=404, body=_in_shape(profile, 404, f"not found: {method} {path}", kind="not_found_error"))
    return Refused(status=stated.status, body=filled(stated.body, {"method": method, "path": path}, otherwise=str))


def no_method(profile: Profile, method: str, path: str = "") -> Refused:
    """What is said to a method that a path does not have."""
    stated = profile.refusal(_KNOWS_BY_METHOD)
    if stated is not None:
        return no_route(profile, method, path)
    plain = profile.refusal(_OTHER_ADDRESS[0])
    words = _phrase(405)
    if plain is not None and isinstance(plain.body, dict) and plain.body.keys() == {"detail"}:  # FastAPI's own
        return Refused(status=405, body={"detail": words})
    return Refused(status=405, body=_in_shape(profile, 405, words))


def on_wire(profile: Profile, wire: Wire, status: int, body: Any) -> Any:  # noqa: ANN401 - a JSON body, or text
    """The body as this server writes it in that dialect: a profile states it in the shape of chat completions."""
    stands = isinstance(body, dict) and body.get("type") == "error"
    if wire != "anthropic" or stands or profile.stream.own_errors:
        return body
    kind = _KINDS.get(status, "api_error" if status >= _SERVER else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": words_of(body)}}


def filled(body: Any, facts: dict[str, str], *, otherwise: Callable[[str], str] | None = None) -> Any:  # noqa: ANN401 - a JSON body, or text
    """The body of a refusal with each `{name}` in its strings filled from the facts.

    Of a name that is none of the facts, `otherwise` says what stands there; without it, the place stays.
    """
    if isinstance(body, str):
        return _PLACE.sub(lambda place: facts.get(place[1]) or _missing(place, facts, otherwise), body)
    if isinstance(body, dict):
        return {key: filled(value, facts, otherwise=otherwise) for key, value in body.items()}
    if isinstance(body, list):
        return [filled(value, facts, otherwise=otherwise) for value in body]
    return body


def _missing(place: re.Match[str], facts: dict[str, str], otherwise: Callable[[str], str] | None) -> str:
    if place[1] in facts:
        return ""
    return place[0] if otherwise is None else otherwise(place[1])


def _fault(profile: Profile, path: str, body: bytes) -> Finding | None:
    """The first error in the request: the cause comes first."""
    request = Request(method="POST", url=f"http://127.0.0.1{path}", body=Body.of(body))
    found = judge_exchange(Exchange(id=0, started=0.0, request=request), profile)
    return next((finding for finding in found if finding.severity is Severity.ERROR), None)


def _fitting(profile: Profile, refusal: Refusal, finding: Finding) -> Any:  # noqa: ANN401 - a JSON body, or text
    """The body of a statement, where its words are about another place, or another fault of that rule, with its own."""
    pointer = finding.location.pointer or ""
    if finding.facts.get("length") == "0" and _TOO_LONG in str(refusal.body):
        missing = _spelled(pointer)
        if missing.endswith("]"):
            missing += ".id" if missing.rpartition("[")[0].endswith("tool_calls") else ".tool_call_id"
        return _in_shape(profile, refusal.status, f"Missing required parameter: '{missing}'.")
    if finding.location.message_index is None or not pointer.endswith("/name"):
        return refusal.body
    return jsontext.read(jsontext.write(refusal.body).replace(_TOOLS_NAME, _spelled(pointer).encode()))


def _spelled(pointer: str) -> str:
    """A place as OpenAI writes it: `messages[1].tool_calls[0].id`."""
    return re.sub(r"/(\d+)(?=/|$)", r"[\1]", pointer).removeprefix("/").replace("/", ".")


def _facts(finding: Finding, model: str, path: str) -> dict[str, str]:
    """What fills the places: what the rule said, and what every finding tells."""
    at = finding.location.message_index
    told = {"model": model, "path": path, "method": "POST", "reason": finding.summary}
    if at is not None:
        told |= {"index": str(at), "next": str(at + 1)}
    return told | finding.facts


def _in_shape(profile: Profile, status: int, words: str, *, kind: str = "") -> Any:  # noqa: ANN401 - a JSON body
    """Words of our own in the shape of this server's errors: the usual one of this status, else of any."""
    shapes: Counter[bytes] = Counter()
    for refusal in profile.refuses:
        if HTTPStatus.BAD_REQUEST <= refusal.status < _SERVER and refusal.rule not in _OTHER_ADDRESS:
            body = _reworded(refusal, refusal.body, status, words)
            if body is not None:
                shapes[jsontext.write(body)] += _OF_THIS_STATUS if refusal.status == status else 1
    if shapes:
        return jsontext.read(shapes.most_common(1)[0][0])
    usual = dict(_USUAL["error"], message=words, code=status)
    return {"error": usual | ({"type": kind} if kind else {})}


def _reworded(refusal: Refusal, body: Any, status: int, words: str) -> Any:  # noqa: ANN401 - a JSON body
    """The body of a statement with other words; None if it has no one place for them."""
    if isinstance(body, list) and len(body) == 1:
        inner = _reworded(refusal, body[0], status, words)
        return None if inner is None else [inner]
    if not isinstance(body, dict) or "metadata" in body:
        return None
    if isinstance(body.get("error"), dict):
        inner = _reworded(refusal, body["error"], status, words)
        return None if inner is None else {**body, "error": inner}
    if not isinstance(body.get("message"), str):
        return None
    numbered = {key: status for key, value in body.items() if value == refusal.status and type(value) is int}
    unsaid = {key: None for key in ("param", "code") if isinstance(body.get(key), str)}  # of that fault alone
    return {**body, **unsaid, **numbered, "message": words}


def _is_json(body: bytes) -> bool:
    try:
        jsontext.read(body)
    except ValueError:
        return False
    return True


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"
