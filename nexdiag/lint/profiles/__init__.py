"""All profiles, and how the right one is found: by name, by free text, by the marks on an exchange.

One server a module, as data: `PROFILE`, and where they apply `CONDITIONAL` and `MARKS`. A new server is a new
module and a new line in `SERVERS`.
"""

import re
from difflib import get_close_matches

from nexdiag.core.endpoint import Profile
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.lint.profiles import (
    anthropic,
    azure,
    bedrock,
    dashscope,
    deepseek,
    gemini,
    groq,
    litellm,
    llama_cpp,
    lm_studio,
    mistral,
    ollama,
    openai,
    openrouter,
    sglang,
    tgi,
    unknown,
    vllm,
)
from nexdiag.lint.server import Conditional, Server

SERVERS: tuple[Server, ...] = (
    Server(profile=llama_cpp.PROFILE, conditional=llama_cpp.CONDITIONAL, marks=llama_cpp.MARKS),
    Server(profile=lm_studio.PROFILE, conditional=lm_studio.CONDITIONAL, marks=lm_studio.MARKS),
    Server(profile=sglang.PROFILE, conditional=sglang.CONDITIONAL, marks=sglang.MARKS),
    Server(profile=vllm.PROFILE, conditional=vllm.CONDITIONAL, marks=vllm.MARKS),
    Server(profile=ollama.PROFILE, conditional=ollama.CONDITIONAL, marks=ollama.MARKS),
    Server(profile=tgi.PROFILE, conditional=tgi.CONDITIONAL, marks=tgi.MARKS),
    Server(profile=azure.PROFILE, conditional=azure.CONDITIONAL, marks=azure.MARKS),
    Server(profile=mistral.PROFILE, conditional=mistral.CONDITIONAL, marks=mistral.MARKS),
    Server(profile=deepseek.PROFILE, conditional=deepseek.CONDITIONAL, marks=deepseek.MARKS),
    Server(profile=groq.PROFILE, marks=groq.MARKS),
    Server(profile=gemini.PROFILE, marks=gemini.MARKS),
    Server(profile=dashscope.PROFILE, marks=dashscope.MARKS),
    Server(profile=anthropic.PROFILE, marks=anthropic.MARKS),
    Server(profile=bedrock.PROFILE, marks=bedrock.MARKS),
    Server(profile=openrouter.PROFILE, conditional=openrouter.CONDITIONAL, marks=openrouter.MARKS),
    Server(profile=litellm.PROFILE, conditional=litellm.CONDITIONAL, marks=litellm.MARKS),
    Server(profile=openai.PROFILE, conditional=openai.CONDITIONAL, marks=openai.MARKS),
)
"""The more special name first: "Azure OpenAI" is Azure."""

UNKNOWN: Profile = unknown.PROFILE
_VARIANTS = tuple(variant for server in SERVERS for variant in server.variants())
_EVERY = (*SERVERS, *_VARIANTS, Server(profile=UNKNOWN))
ALL: tuple[Profile, ...] = tuple(server.profile for server in _EVERY)

_PATH = re.compile(r"(?:^|(?<=[\s(]))/\w[\w./-]*")
_GATEWAY = re.compile(r"\b(?:via|through|behind|from)\b.*", re.IGNORECASE | re.DOTALL)
_ASIDE = re.compile(r"[(\[]([^)\]]*)[)\]]?")
_WITH = re.compile(r"\b(?:with|as|of)\b.*", re.IGNORECASE | re.DOTALL)
_BETWEEN = re.compile(r"\s*[,;|+]\s*|\s+/\s+|(?<=[\w.])/(?=\w)|\s+(?:or|and)\s+", re.IGNORECASE)
_TEXT_READ = 500
_BODY_READ = 20_000


def named(name: str) -> Profile:
    """The profile of that name.

    Raises UsageError for a name that there is not.
    """
    wanted = _plain(name)
    for profile in ALL:
        if _plain(profile.name) == wanted:
            return profile
    known = [profile.name for profile in ALL]
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    meant = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"unknown profile {name!r}", hint=f"{meant}known: {', '.join(known)}")


def resolve(text: str | None) -> Profile:
    """The profile of a server that somebody described in free text; `unknown` where that names none, or several.

    The server is what stands before "via" or "behind": the gateway passes on what the server behind it refuses.
    """
    text = (text or "")[:_TEXT_READ]
    for variant in _VARIANTS:
        if _plain(variant.profile.name) == _plain(text) or _names(variant.profile, text):
            return variant.profile
    text = _PATH.sub(" ", text)
    aside = _ASIDE.search(text)
    head = _WITH.sub("", _GATEWAY.sub("", _ASIDE.sub(" ", text)))
    found = [_of_name(part) for part in _BETWEEN.split(head) if part.strip()]
    if found and found[0] is not None and all(profile is found[0] for profile in found):
        return found[0]
    if aside and not any(found):  # "Docker Model Runner (llama.cpp)": only where the head names no other
        return next((profile for profile in ALL if _names(profile, aside[1], whole=True)), UNKNOWN)
    return UNKNOWN


def recognise(exchange: Exchange) -> Profile | None:
    """The profile of the server that answered, by its headers, its address and what it says of its models."""
    response = exchange.response
    headers = () if response is None else response.headers
    body = "" if response is None else response.body[:_BODY_READ].decode("utf-8", "replace")
    for server in SERVERS:
        if server.left_marks(headers, exchange.request.url, body):
            return server.profile
    return None


def condition(profile: Profile, rule: str) -> Conditional | None:
    """On what it depends whether this server refuses the fault that `rule` finds; None if it is not known to."""
    server = next((server for server in _EVERY if server.profile.name == profile.name), None)
    return None if server is None else server.condition(rule)


def _of_name(part: str) -> Profile | None:
    return next((server.profile for server in SERVERS if _names(server.profile, part)), None)


def _names(profile: Profile, text: str, *, whole: bool = False) -> bool:
    look = re.fullmatch if whole else re.search
    return any(look(alias, text.strip(), re.IGNORECASE) for alias in profile.aliases)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
