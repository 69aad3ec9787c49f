"""The address is one dialect's, and the client speaks another.

## What it does

Finds a request whose address and body belong to different dialects: a path of Ollama's own API behind `/v1`, or a path
of OpenAI's behind `/api`; a body with `messages` sent to `/v1/responses`, one with `input` sent to
`/v1/chat/completions`, a body of Anthropic on either. And a 404 for a path that only another dialect has: Ollama's
`/api/chat` on a server that speaks OpenAI's, `/v1/messages` where nobody speaks Anthropic's.

The fault is in the address or in the choice of the client: the finding has no pointer.

## Why it is bad

Nothing works, from the first message on. Ollama's own clients want the bare address, OpenAI's want it with `/v1`, and
both fail with the same `404 page not found`, which does not say which of the two is wrong.

## Example

```json
{"server": "Ollama", "status": 404, "url": "http://127.0.0.1:11434/v1/api/chat",
 "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}, "response": "404 page not found"}
```

## Instead

```json
{"server": "Ollama", "status": 200, "url": "http://127.0.0.1:11434/api/chat",
 "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.fields import Fields
from nexdiag.lint.seen.view import View

_SHOWN = 200
_UNFOUND = (404, 405)
_OF_THE_KEY = (401, 402, 403, 429)
_NATIVE = r"/api/(?:chat|generate|tags|show|embed|embeddings|ps|pull|version)"
_NATIVE_BEHIND_V1 = re.compile(rf"/v1{_NATIVE}/?\Z")
_NATIVE_ALONE = re.compile(rf"\A{_NATIVE}/?\Z")
_OPENAI_BEHIND_API = re.compile(r"\A/api/(?:v1/)?(?:chat/completions|completions|models|embeddings|responses)/?\Z")
_OTHERS = {"/messages": "Anthropic's", "/responses": "OpenAI's Responses", ":generateContent": "Gemini's own"}
_GO = "404 page not found"
"""What servers written in Go say of themselves, Ollama among them."""
_SAID_PATH = re.compile(
    r"\b(?:GET|POST|for url|url)[ :(]+[\"']?(?:https?://[^/\s\"']+)?(/[^\s\"'),?]*)"
    r"|(?<![\w:/.])(/(?:v1|api|chat|models|completions|responses|messages)(?:/[\w-]+)*)",
    re.IGNORECASE,
)
_MODEL = re.compile(r"(?<![/.])\b(?:models?|deployment|adapter|endpoints found)\b", re.IGNORECASE)
_NATIVE_CLIENT = re.compile(
    r"\bollama[-_ ]?(?:js|python|sdk|api|client|native|ai-provider)|langchain[-_]ollama|\bchatollama", re.IGNORECASE
)
_BY_ROUTE: dict[str, tuple[str, tuple[str, ...]]] = {
    "/chat/completions": ("messages", ("input", "prompt", "contents")),
    "/completions": ("prompt", ("messages", "input")),
    "/responses": ("input", ("messages",)),
    "/messages": ("messages", ("input", "prompt", "contents")),
    "/api/chat": ("messages", ("input", "prompt")),
    "/api/generate": ("prompt", ("messages", "input")),
}
"""By the end of the path: what the body must have, and by what another dialect is known."""


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if (view.accepted and view.chats) or view.status in _OF_THE_KEY:
        return
    path = view.path or _said_path(view)
    wrong = (_by_body(path, view.fields) or _by_path(path, case)) if path is not None else ""
    if not wrong and view.refused and RULE.tells(view.said.words, view.status):
        wrong = "the server says that this request belongs to another of its addresses, or to another server"
    if not wrong and path is None and view.status in _UNFOUND and not _of_a_model(view):
        native = _NATIVE_CLIENT.search(view.client or "")
        wrong = f"{shorten(view.client or '', 60)} speaks Ollama's own API, and found nothing here" if native else ""
    if wrong:
        yield _fault(view, wrong, path or "")


def _said_path(view: View) -> str | None:
    """The path that a 404 names, where no address is known."""
    if not view.refused or "/" not in view.said.words:
        return None
    found = _SAID_PATH.search(view.said.words)
    return (found[1] or found[2]) if found else None


def _by_path(path: str, case: Case) -> str:
    """What is wrong with the path, whatever the body."""
    view = case.view
    if _NATIVE_BEHIND_V1.search(path):
        return f"{path} is Ollama's own API behind the /v1 of OpenAI's"
    if view.status not in _UNFOUND or _of_a_model(view):
        return ""
    ollama = case.profile.name.startswith("ollama") or _GO in view.said.words
    if _OPENAI_BEHIND_API.search(path) and ollama:  # OpenRouter and Open WebUI have their routes there
        return f"{path} is OpenAI's API behind the /api of Ollama's own, and the server does not know it"
    if _NATIVE_ALONE.search(path):
        return f"{path} is Ollama's own API, and the server does not speak it"
    for end, dialect in _OTHERS.items():
        if path.rstrip("/").endswith(end) and re.search(r"/v\d", path):
            return f"{path} is {dialect} API, and the server does not speak it"
    return ""


def _by_body(path: str, fields: Fields) -> str:
    """How the body contradicts the path."""
    route = next((end for end in _BY_ROUTE if path.rstrip("/").endswith(end)), None)
    if route is None:
        return ""
    wanted, others = _BY_ROUTE[route]
    other = next((name for name in others if name in fields), None)
    if wanted not in fields and other is not None:
        return f"the body has {other!r} where {path} wants {wanted!r}"
    if route == "/chat/completions" and "anthropic_version" in fields:
        return f"the body is one of Anthropic's Messages, and {path} is OpenAI's"
    if route == "/chat/completions" and "system" in fields and "max_tokens" in fields:
        return f"the body has its system prompt where Anthropic's Messages have it, and {path} is OpenAI's"
    return ""


def _of_a_model(view: View) -> bool:
    return _MODEL.search(view.said.words) is not None


def _fault(view: View, summary: str, path: str) -> Fault:
    return Fault(
        summary=summary,
        fix="for a client of OpenAI's dialect end the base URL in /v1; for one of Ollama's own API give the bare "
        "address; for Anthropic's Messages choose a server that serves /v1/messages",
        evidence=() if not path else (f"{view.method or 'POST'} {shorten(view.url or path, _SHOWN)}",),
        facts={"url": view.url or "", "path": path, "method": view.method or "POST"},
    )


RULE = Rule(
    name="base-url-wrong-dialect",
    code="NX603",
    family="endpoint",
    page=__doc__ or "",
    check=_check,
    words=patterns(r"\A(?!.*\b(?:api key|unauthori[sz]ed|forbidden|rate limit|quota|overloaded|credits?)\b)"),
    telling=patterns(
        r"in the responses api, this parameter has moved to",
        r"only supported in v1/(?:responses|chat/completions|completions) and not in",
        r"not supported in the v1/(?:chat/)?completions endpoint",
        rf"(?:invalid url|unexpected endpoint|cannot (?:get|post)|no route).{{0,30}}/v1{_NATIVE}\b",
        r"(?:invalid url|unexpected endpoint|cannot post).{0,30}/v1/messages\b",
        rf"(?:unexpected endpoint|invalid url).{{0,30}}[ (]{_NATIVE}\b",
    ),
    suspects=patterns(r"\A\W*(?:405\W{1,3})?method not allowed\W*\Z"),
    elsewhere=Severity.WARNING,
    silent_if_accepted=True,
)
