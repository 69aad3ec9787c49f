"""What chat templates refuse, on the servers that render the model's own: statements that depend on the deployment.

A server gives the status and the shape; the words are those of the template's `raise_exception`.
"""

from collections.abc import Callable

import msgspec

from nexdiag.core.endpoint import Refusal
from nexdiag.lint.profiles.shapes import Body
from nexdiag.lint.server import Conditional

_ALTERNATE = "Conversation roles must alternate user/assistant/user/assistant/..."
_IN_TURN = "the model's chat template wants user and assistant in turn, as those of Mistral, Gemma and Llama 2 do"
_NO_SYSTEM = "the model's chat template has no place for a system message, as those of Mistral 7B v0.1 and Gemma"
_QWEN = "the model's chat template is that of Qwen 3.5 or a later Qwen"
_GPT_OSS = "the model's chat template is that of gpt-oss"
_FIRST = "System message must be at the beginning."


class _Said(msgspec.Struct, frozen=True):
    variant: str
    when: str
    rule: str
    words: str
    source: str
    seen: str


_TEMPLATES = (
    _Said("strict", _IN_TURN, "role-alternation", _ALTERNATE, "suitenumerique/conversations#197", "2025-12"),
    _Said("strict", _IN_TURN, "first-message-not-user", _ALTERNATE, "microsoft/autogen#3597", "Llama-2-7b-chat-hf"),
    _Said("no-system", _NO_SYSTEM, "system-role-unsupported", _ALTERNATE, "microsoft/autogen#1037", "Mistral 7B v0.2"),
    _Said("qwen3", _QWEN, "system-not-first", _FIRST, "ggml-org/llama.cpp#27367, lyracode-app/Lyra-Code#30", "Qwen3.8"),
    _Said("qwen3", _QWEN, "multiple-system-messages", _FIRST, "ggml-org/llama.cpp#20733", "Qwen3.5-27B"),
    _Said("qwen3", _QWEN, "no-user-message", "No user query found in messages.", "ollama/ollama#18107", "qwen3.8"),
    _Said(
        "gpt-oss",
        _GPT_OSS,
        "special-tokens-in-content",
        "You have passed a message containing <|channel|> tags in the content field. Instead of doing this, you should "
        "pass analysis messages (the string between '<|message|>' and '<|end|>') in the 'thinking' field, and final "
        "messages (the string between '<|message|>' and '<|end|>') in the 'content' field.",
        "ggml-org/llama.cpp#15181",
        "2025-08",
    ),
    _Said(
        "gpt-oss",
        _GPT_OSS,
        "content-and-thinking-both",
        "Cannot pass both content and thinking in an assistant message with tool calls! Put the analysis message in "
        "one or the other, but not both.",
        "openclaw/openclaw#6514, ggml-org/llama.cpp#19702",
        "gpt-oss-120b",
    ),
)


RULES = frozenset(said.rule for said in _TEMPLATES)
"""What depends on the template alone: with the template itself at hand, it decides."""


def conditions(status: int, shape: Callable[[str], Body], **seen: tuple[str, str]) -> tuple[Conditional, ...]:
    """The statements for a server that renders templates, in its shape and under its status.

    `seen` holds source and version for a rule (`_` for `-`) that was seen on this very server.
    """
    made = []
    for said in _TEMPLATES:
        source, version = seen.get(said.rule.replace("-", "_"), (f"{said.source} (the template)", said.seen))
        refusal = Refusal(rule=said.rule, status=status, body=shape(said.words), source=source, seen=version)
        made.append(Conditional(variant=said.variant, when=said.when, refusal=refusal))
    return tuple(made)
