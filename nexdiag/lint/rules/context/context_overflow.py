"""The conversation is longer than the model's context window.

## What it does

Reads the server's words: that the messages alone take more tokens than the window has. Where the words hold numbers,
these decide: if the messages would fit, and only the tokens that are asked for the answer are too many, it is another
fault. A text that is too long for one field (`string too long`) is no overflow, though LiteLLM calls it so.

## Why it is bad

The request is refused, and so is each later one, because a history only grows. It has to be compacted, or the server
needs a larger window: vLLM's `--max-model-len`, llama.cpp's `--ctx-size`, Ollama's `OLLAMA_CONTEXT_LENGTH`.

## Example

```json
{"server": "vLLM", "status": 400, "request": {"model": "m", "messages": [{"role": "user", "content": "..."}]},
 "response": {"object": "error", "code": 400, "message":
   "This model's maximum context length is 8192 tokens. However, your request has 10240 input tokens."}}
```

## Instead

```json
{"server": "vLLM", "status": 200, "request": {"model": "m", "messages": [{"role": "user", "content": "Go on."}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import REFUSED_HERE, View

_LARGEST = 10**12
_ASKED = ("max_completion_tokens", "max_tokens", "max_output_tokens")


def _shapes(*texts: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(text.replace("<n>", r"(\d[\d,_]{0,14})"), re.IGNORECASE) for text in texts)


_WINDOW = _shapes(
    r"context limit: <n> \+ \d+ > (?P<w>\d+)",  # Anthropic
    r"tokens > <n> maximum",
    r"maximum (?:context|prompt|model|sequence|input) length (?:is|of) (?:only )?\(?<n>",  # OpenAI and what copies it
    r"(?:context|sequence) (?:length|size|window)(?: of| is)?(?: only)? ?\(?<n>",  # llama.cpp, SGLang, LM Studio
    r"model with <n> maximum context",  # Mistral
    r"must be <= <n>",  # TGI
    r"must have less than <n> tokens",
    r"maximum number of tokens allowed \(<n>",  # Gemini
    r"exceeds the limit of <n>",  # Copilot
    r"maximum allowed length \(?<n>",  # SGLang
    r"while limit is <n>",
    r"model token limit: <n>",  # Moonshot
    r"range of input length should be \[\d+, ?<n>",  # DashScope
    r"cannot exceed <n> ",  # Cohere
    r"supports? (?:only|at most|up to|a maximum of) (?:a )?<n> ?(?P<k>[km])?\b(?: tokens?)?(?: of)? context",  # Kimi
    r"exceeds? the (?:model|context) window \(?<n>",
    r"configured limit of <n>",
    r"max(?:imum)? context <n>",
    r"max(?:imum)? size: <n> tokens",  # GitHub Models
)
_INPUT = _shapes(
    r"resulted in <n> tokens",  # OpenAI, of the messages and the functions
    r"<n> (?:tokens )?(?:in|from) (?:the|your) (?:input|messages|prompt)",
    r"request has (?:at least )?<n> input tokens",
    r"<n> of text input",
    r"given: <n>\b",
    r"too long: <n> tokens",
    r"context limit: <n> \+",
    r"token count(?: of)? \(?<n>",
    r"(?:prompt|messages|input) contains? (?:at least )?<n> ",
    r"the first <n> tokens when context",
    r"(?:request|input|prompt) \(<n> tokens",
    r"(?:input|prompt) \(?length(?: of)? \(?<n>",
    r"current length is <n>",  # Cerebras
    r"\b(?:prompt|input|messages?|conversation|context)\b[^\d.;]{0,30}<n> ?tokens\b.{0,60}\b(?:context|window)\b",
    r"received <n>",
)
_ANSWER = _shapes(
    r"requested <n> output tokens",  # vLLM
    r"<n> (?:tokens )?(?:in|for|of) (?:the|your) (?:completion|output)",
    r"context limit: \d+ \+ <n> >",
    r"and <n> .?max_new_tokens",
    r"max_(?:completion_|output_)?tokens.{0,5} is too large: <n>",
    r"max_(?:completion_|output_|new_)?tokens (?:is|of|=) <n>",
    r"max_(?:completion_|output_|new_)?tokens\W{0,3}\(current value: <n>",
    r"max_(?:completion_|output_|new_)?tokens\b.{0,150}but got <n>",
)
_TOTAL = _shapes(
    r"for a total of (?:at least )?<n>", r"requested:? (?:about |a total of |at least )?<n>(?! output)(?!\d)"
)
_UNITS = {"": 1, "k": 1024, "m": 1024 * 1024}
_SIZE = r"(?:size|window|length|limit)"
_OF_A_FIELD = re.compile(r"\b(?:string|array) too long\b", re.IGNORECASE)


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens that a refusal tells of; None for what it does not tell."""

    window: int | None = None
    input: int | None = None
    answer: int | None = None
    """What is asked for the answer, in the words or in the request."""

    @property
    def fits(self) -> bool:
        """The messages alone would fit: what is too large is the answer."""
        if self.window is None:
            return False
        if self.input is None:
            return self.answer is not None and self.answer >= self.window
        return self.answer is not None and self.input < self.window < self.input + self.answer

    @property
    def facts(self) -> dict[str, str]:
        """The numbers that are known, by the names under which profiles put them into their words."""
        total = None if self.input is None or self.answer is None else self.input + self.answer
        known = {"window": self.window, "tokens": self.input, "max_tokens": self.answer, "requested": total}
        return {name: str(number) for name, number in known.items() if number is not None}


def sizes_of(view: View) -> Sizes:
    """The tokens that a server's words tell of, and those of its error object."""
    words = view.said.words
    counted = _counted(view.answer.value)
    window = counted.get("n_ctx") or _found(_WINDOW, words)
    needed = counted.get("n_prompt_tokens") or _found(_INPUT, words)
    answer, total = _found(_ANSWER, words), _found(_TOTAL, words)
    if answer is None:
        answer = next((asked for name in _ASKED if type(asked := view.fields.get(name)) is int), None)
    if answer is not None and total is not None and total > answer:
        needed = total - answer
    elif needed is None:
        needed = total
    return Sizes(window=window, input=needed, answer=answer)


def _counted(value: Any) -> dict[str, int]:  # noqa: ANN401 - JSON is anything
    error = value.get("error") if isinstance(value, dict) else None
    error = error if isinstance(error, dict) else {}
    numbers = {name: error.get(name) for name in ("n_prompt_tokens", "n_ctx")}
    return {name: number for name, number in numbers.items() if type(number) is int and 0 < number < _LARGEST}


def _found(shapes: tuple[re.Pattern[str], ...], words: str) -> int | None:
    for shape in shapes:
        match = shape.search(words)
        if match:
            text = match.groupdict().get("w") or match[1]
            number = int(text.replace(",", "").replace("_", "")) * _UNITS[(match.groupdict().get("k") or "").lower()]
            return number if number < _LARGEST else None
    return None


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if not view.refused or not RULE.explains(view.said.words, view.status):
        return
    sizes = sizes_of(view)
    if sizes.fits or _OF_A_FIELD.search(view.said.words):
        return
    needed = f"about {sizes.input} tokens" if sizes.input else "more tokens"
    window = f"the {sizes.window}" if sizes.window else "the model's window"
    yield Fault(
        summary=f"the conversation takes {needed}, and does not fit into {window}"
        + (" of the model's window" if sizes.window else ""),
        fix="compact the history, or give the server a larger window; a smaller max_tokens does not help",
        facts=sizes.facts,
    )


RULE = Rule(
    name="context-overflow",
    code="NX651",
    family="context",
    page=__doc__ or "",
    needs=frozenset({REFUSED_HERE}),
    check=_check,
    words=patterns(
        r"maximum (?:context|prompt|model|sequence) length",
        rf"exceed(?:s|ed|ing)? (?:(?:the|its|this|your|max|maximum|available|model's) ){{0,4}}context {_SIZE}",
        r"exceed_context_size|context_length_exceeded|context_window_exceeded|contextwindowexceeded",
        r"(?:longer|larger|greater|more) than the .{0,40}context (?:size|window|length)",
        r"\bprompt (?:is )?too long\b|\binput is too long for\b",
        r"token count .{0,60}exceeds",
        rf"\d ?tokens\b.{{0,60}}\bcontext {_SIZE}.{{0,30}}\d",
        r"\btokens? in (?:the |your )?(?:request|prompt|input|messages?) (?:(?:is|are) )?"
        r"(?:more|greater|larger|longer) than",
        r"supports? (?:only|at most|up to|a maximum of) (?:a )?\d[\d,]* ?[km]?\b(?: tokens?)?(?: of)? context\b",
        r"tokens exceeds? the (?:model|context)(?:'s)? window",
        r"input tokens exceeds? the (?:configured )?limit",  # OpenAI of its later models
        rf"too (?:large|long|big)\b.{{0,60}}\bcontext {_SIZE}",
        r"exceed(?:s|ed|ing)? (?:the )?max(?:imum)? context\b",
        r".?inputs.? (?:tokens \+|must have less than)",
        r"too large for model with \d+ maximum context",
        r"\b(?:request|body|payload|prompt|input|conversation)s?\b.{0,40}\btoo (?:large|long|big)\b.{0,80}\btokens?\b",
        r"tokens?_limit_(?:reached|exceeded)",
        r"range of input length should be",
        r"exceeded model token limit|context (?:window )?exceeds limit|tokens in the prompt cannot exceed",
        r"\bcontext (?:size|window|length) (?:(?:has been|was|is) )?exceeded|\breached context length",
        r"exceeds the maximum allowed length|reduce the length of (?:the|your) (?:messages|prompt|input)",
        r"when context the overflows|\bcontext overflow",
        r"max_tokens must be at least 1, got -\d+",  # vLLM: what the messages left for the answer
    ),
)
