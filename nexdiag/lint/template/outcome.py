"""What a template is made of, and what rendering it came to. Words alone: neither jinja2 nor judgement here."""

from typing import Literal

import msgspec

Manner = Literal["llama.cpp", "transformers"]
"""Who renders: llama.cpp with its own engine, which mends messages before and forgives more; or Jinja2 itself, as
transformers, vLLM and SGLang do."""
_BY_JINJA2 = ("vllm", "sglang", "tgi", "transformers")
"""Profiles whose servers render with Jinja2 or an engine as strict."""


def manner_of(profile: str) -> Manner:
    """Who renders templates on a server of that profile; llama.cpp where that is not known."""
    return "transformers" if profile.startswith(_BY_JINJA2) else "llama.cpp"


class Abilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a template can take."""

    texts: bool = True
    """Content that is a text."""
    parts: bool = False
    """Content that is a list of parts."""
    system: bool = True
    object_arguments: bool = False
    """The arguments of a call as an object."""


class TemplateText(msgspec.Struct, frozen=True, kw_only=True):
    """A chat template as it was read."""

    text: str
    tool_text: str = ""
    """The one to use where tools are offered, of a model that has two; empty where there is one for all."""
    bos_token: str = ""
    eos_token: str = ""
    name: str = "template"
    """Where it came from, as evidence names it."""
    abilities: Abilities | None = None
    """As the server told them; None to find out."""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """The template took the messages."""

    text: str


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The template raised, or the server would have refused before."""

    words: str
    """Of `raise_exception`, verbatim; else the error of the engine."""
    at: int | None = None
    """The message that has to change; None where no message is at fault."""
    by: Literal["template", "server"] = "template"
    """`server`: llama.cpp itself, before any template is asked."""
    tools: bool = False
    """It is the tools that the template cannot render, whatever the messages."""
    raised: bool = True
    """The template meant to: it called `raise_exception`. Else it stumbled over something that it did not expect."""


class Untold(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody knows: the template could not be rendered to its end within bounds."""

    why: str


Outcome = Rendered | Refused | Untold
