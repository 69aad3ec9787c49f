"""The server has no model of that name.

## What it does

Finds a request for a model that the server does not have: it says so, or an earlier answer of the recording lists its
models, and this one is not among them. The list is taken from `GET /v1/models` at the same address. A name that still
carries its provider is another fault.

## Why it is bad

Nothing works. vLLM and SGLang know a model by the path that they were started with, unless they were given a served
name; Ollama wants the tag; hosted services retire models, and say "does not exist or you do not have access to it" of a
name that was mistyped as well as of one that the key may not use.

## Example

```json
{"server": "vLLM", "status": 404, "request": {"model": "qwen3", "messages": [{"role": "user", "content": "Hello"}]},
 "response": {"object": "error", "message": "The model `qwen3` does not exist.", "type": "NotFoundError", "code": 404}}
```

## Instead

```json
{"server": "vLLM", "status": 200,
 "request": {"model": "Qwen/Qwen3-8B", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from nexdiag.codec.wire import origin_of
from nexdiag.lint.quoting import listed, quote, shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.rules.endpoint.model_name_prefix import RULE as PREFIX
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import View

_LISTED = "/models"
_KEPT = 2000
_SHOWN = 200
_PREFIXED = r"(?!.{0,40}\b(?:local|nex|openai|oai-compat|ollama|openrouter|native|llamacpp|vllm|sglang|codex):\w)"
"""Before the name of a model that does not carry its provider."""
_WITHIN = r"(?:(?!\. ).){0,200}?"
"""The rest of a sentence, in which a name may have dots."""


class _Served:
    """The models that the servers of this recording listed."""

    def __init__(self) -> None:
        """None so far."""
        self._models: dict[str, tuple[str, ...]] = {}

    def take(self, case: Case) -> Iterable[Fault]:
        """Learn from a list; else look for the model in it."""
        view = case.view
        if view.method == "GET" and (view.path or "").rstrip("/").endswith(_LISTED):
            if view.accepted and (names := _names(view.answer.value)):
                self._models[_origin(view)] = names
            return ()
        if view.refused or self._models:
            return _looked(case, self._models.get(_origin(view), ()))
        return ()

    def end(self) -> Iterable[tuple[View, Fault]]:
        """Nothing is known later than at its exchange."""
        return ()


def _looked(case: Case, names: tuple[str, ...]) -> Iterator[Fault]:
    view, model = case.view, case.model
    told = view.refused and RULE.explains(view.said.words, view.status)
    missed = bool(names) and view.chats and bool(model) and not any(_same(model, name) for name in names)
    if not (told and view.asked) and not missed:  # where the request is not known, its words are read without us
        return
    if PREFIX.check is not None and any(not fault.needs_words or told for fault in PREFIX.check(case)):
        return
    near = get_close_matches(model, names, n=1, cutoff=0.3)
    yield Fault(
        summary=f"the server has no model {quote(model, _SHOWN)}" if model else "the server has no such deployment",
        fix=f"ask for {quote(near[0], _SHOWN)}" if near else "take the name from the server's own list, GET /v1/models",
        pointer="/model" if model else None,
        evidence=(f"the server listed {listed([shorten(name) for name in names])}",) if names else (),
        facts={"model": shorten(model, _SHOWN)},
    )


def _same(model: str, name: str) -> bool:
    """Ollama takes a name without its tag for the latest; Gemini lists names under `models/`."""
    return model in (name, name.removesuffix(":latest"), name.removeprefix("models/"))


def _names(value: object) -> tuple[str, ...]:
    entries = (value.get("data") or value.get("models")) if isinstance(value, dict) else None
    entries = entries[:_KEPT] if isinstance(entries, list) else []
    ids = (one.get("id") or one.get("model") or one.get("name") for one in entries if isinstance(one, dict))
    return tuple(one for one in ids if isinstance(one, str))


def _origin(view: View) -> str:
    """The base URL of a request, or of the list of models."""
    url = (view.url or "").partition("?")[0].rstrip("/")
    return url.removesuffix(_LISTED) if url.endswith(_LISTED) else origin_of(url)


RULE = Rule(
    name="model-not-found",
    code="NX604",
    family="endpoint",
    page=__doc__ or "",
    following=_Served,
    telling=patterns(
        rf"\bmodels?\b{_PREFIXED}{_WITHIN}\b(?:(?:does|do) not exist|doesn't exist|not exist\b)",
        rf"\bmodels?\b{_PREFIXED}{_WITHIN}\b(?:was |is |could )?not (?:be )?found\b",
        r"\bmodel_not_found\b",
        rf"\b(?:invalid|unknown|unsupported|unrecogni[sz]ed) model\b(?! (?:parameter|output|response|type)){_PREFIXED}",
        r"\A(?!.*\bopenrouter/[^\s/]{1,80}/\S).*\b(?:not a valid|no such) model\b",
        r"\bno models?(?: is| are)? (?:named|found|loaded|called)\b",
        r"\bmodel identifier is invalid\b|\bunable to access (?:non-serverless )?model\b",
        r"\bno endpoints found for\b(?!.{0,80}\bsupport)",
        r"\bdeployment\b.{0,80}\bdoes not exist\b",
        rf"\bmodel\b{_WITHIN}\bhas been (?:decommissioned|deprecated|retired|removed)\b",
        rf"\bmodel\b{_WITHIN}\bis no longer (?:available|supported)\b",
        rf"\b(?:requested|specified|selected) model\b{_WITHIN}\bnot (?:supported|available)\b",
        r"\bmalformed publisher model\b|\bmodel name\b.{0,40}\bexpected format\b",  # Vertex wants google/ before it
        r"\A\s*model: \S+\s*\Z",
    ),
    words=patterns(r"\b(?:not a valid|no such) model\b"),
    silent_if_accepted=True,
)
