"""A name → the profile: by the name that we gave it, and by what people write of a server in free text."""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches

from nexdiag.core.endpoint import Profile
from nexdiag.core.errors import UsageError
from nexdiag.lint.profiles.table import ALL, GATEWAYS, SERVERS, UNKNOWN, VARIANTS, VERSIONS

NAMED = (*ALL, *(version.profile for several in VERSIONS.values() for version in several))
"""Every profile that a name leads to."""
_PATH = re.compile(r"(?:^|(?<=[\s(]))/\w[\w./-]*")
_GATEWAY = re.compile(r"\b(?:via|through|behind|from)\b", re.IGNORECASE)
_ASIDE = re.compile(r"[(\[]([^)\]]*)[)\]]?")
_WITH = re.compile(r"\b(?:with|as|of)\b.*", re.IGNORECASE | re.DOTALL)
_BETWEEN = re.compile(r"\s*(?:[,;|+]|->|=>|→)\s*|\s+/\s+|(?<=[\w.])/(?=\w)|\s+(?:or|and)\s+", re.IGNORECASE)
_BEFORE = re.compile(r"\b(?:in front of|proxying|forwarding to|routed to)\b", re.IGNORECASE)
_VERSION = r"(?:[ /]?v?[\d.x+-]+)?(?: server)?"
_MODEL = re.compile(
    r"(?:qwen|llama|gemma|gpt|kimi|glm|phi|devstral|codestral|ministral|magistral|mi[sx]tral|deepseek|minimax|mimo|"
    r"nemotron|granite|grok|o[134])[\w.:/ -]*",
    re.IGNORECASE,
)
"""A family of models, which no server is named for."""
_SETTING = re.compile(r"-{1,2}\w|[\w-]+=|v?\d")
"""A flag, a parameter or a version, which no server is named for either."""
_TEXT_READ = 500
_SEVERAL_WORDS = re.compile(r"\s")


def named(name: str) -> Profile:
    """The profile of that name; of several words, the one server that they describe.

    Raises UsageError for a name that there is not. A single word is never guessed at: it may be misspelt.
    """
    profile = _by_name(name)
    if profile is None and _SEVERAL_WORDS.search(name.strip()):
        described = resolve(name)
        profile = described if described.known else None
    if profile is not None:
        return profile
    near = get_close_matches(name.lower(), [profile.name for profile in NAMED], n=3, cutoff=0.5)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(f"unknown profile {name[:80]!r}", hint=f"{meant}nexdiag lint --profile '?' lists them")


def resolve(text: str | None) -> Profile:
    """The profile of a server that somebody described in free text; `unknown` where that names none, or several.

    The server is what stands before "via" or "behind", or whom a gateway asks: it decides what is refused.
    """
    text = (text or "")[:_TEXT_READ]
    exact = _by_name(text)
    if exact is not None:
        return exact
    server = _server(_BEFORE.sub(" → ", _PATH.sub(" ", text)))
    if server is None:
        return UNKNOWN
    return next((variant for variant in VARIANTS[server.name] if _found(variant, text, re.search)), server)


def _server(text: str) -> Profile | None:
    head, *tail = _GATEWAY.split(_ASIDE.sub(" ", text), maxsplit=1)
    asides = [aside for found in _ASIDE.findall(text) for aside in _BETWEEN.split(found)]
    before, behind = _servers(_WITH.sub("", head)), _servers(tail[0] if tail else "")
    beside = [profile for aside in asides if (profile := _of(aside, whole=True))]
    found = _one(before or behind)
    if found is not None and found.name in GATEWAYS:  # "LiteLLM (Anthropic)"
        return _one([found, *beside]) or found
    return found or (None if any(before) else _one(beside))  # "Docker Model Runner (vLLM)", "compatible (SGLang)"


def _servers(text: str) -> list[Profile | None]:
    """The servers that a text names; None for a part that names another, nothing for one that names a model."""
    parts = [part.strip() for part in _BETWEEN.split(text)]
    found = [(part, _of(part)) for part in parts if part and not _SETTING.match(part)]
    return [profile for part, profile in found if profile is not None or not _MODEL.fullmatch(part)]


def _one(found: Iterable[Profile | None]) -> Profile | None:
    """The one server that is meant, gateways apart; None for several, and where an unknown one is among them."""
    several = list(found)
    asked = [profile for profile in several if profile is None or profile.name not in GATEWAYS] or several
    return asked[0] if asked and all(profile is asked[0] for profile in asked) else None


def _of(part: str, *, whole: bool = False) -> Profile | None:
    look = re.fullmatch if whole else re.search
    return next((server.profile for server in SERVERS if _found(server.profile, part, look)), None)


def _found(profile: Profile, text: str, look: "Callable[..., re.Match[str] | None]") -> bool:
    behind = _VERSION if look is re.fullmatch else ""
    return any(look(rf"(?:{alias}){behind}", text.strip(), re.IGNORECASE) for alias in profile.aliases)


def _by_name(name: str) -> Profile | None:
    wanted = _plain(name)
    return next((profile for profile in NAMED if _plain(profile.name) == wanted), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
