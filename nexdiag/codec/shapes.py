r"""The shapes of well-known tokens: bytes → where something looks like a secret, and like which. Pure.

Law: a shape is anchored. It begins with letters of its own (`sk-ant-`), stands by itself, and is long, or it is told by
its name (`codec.named`); ids, hashes, UUIDs, images and words that chats are full of are none. A text is looked through
for those letters first, which costs next to nothing; a pattern is tried only where they stand.
"""

import base64
import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from nexdiag.codec.named import DUMMY, MIXED, NAMES, Found, looks_made, named_at
from nexdiag.codec.needles import Needles

_START = (
    rb"(?:(?<!\w)|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2})|(?<=\[[0-9]m)|(?<=\[[0-9][0-9]m)"
    rb"|(?<=\[[0-9];[0-9][0-9]m))"
)
"""Where a token may begin: not within a word, but right after an escape of JSON, of a URL, or a colour."""
_END_OF_LINE = rb"(?:\s|\\+[nr])++"
_MARGIN = rb"(?:(?:[ \t]*\d{1,6}(?:\t|\\+t|[ :|]{1,4}))|[>|+*#-]{1,3} ?|[\w.-]{1,60} {0,40}\| ?)?"
"""What tools put before a line: its number, a quote's or a patch's sign, the name of a container."""
_BASE64 = rb"(?:[A-Za-z0-9+/=]|\\/){4,}(?=[ \t]*(?:[\r\n\\\"'`<]|\Z))"
_PEM = (
    rb"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:" + _END_OF_LINE + _MARGIN + rb"[A-Za-z-]+: [A-Za-z0-9,-]+)*"
    rb"(?:" + _END_OF_LINE + _MARGIN + _BASE64 + rb")*"
    rb"(?:(?:\s|\\+[nr])*+(?:[A-Za-z0-9+/=]|\\/){16,}+)*"
    rb"(?:(?:\s|\\+[nr])*+(?:[A-Za-z0-9+/=]|\\/){1,76}(?=(?:\s|\\+[nr])*+-----END))?"
    rb"(?:(?:" + _END_OF_LINE + _MARGIN + rb")?-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----)?"
)
"""To its end or as far as it goes: a tool's output may be cut. Its line ends may be escaped, and escaped again, or be
blanks or nothing, where somebody made one line of them."""
_SPACE = rb"(?:[ \t]|\r?\n|\\{1,7}[rnt])+"
_QUOTE = rb"(?:\\{0,7}[\"'])?"
_LOGIN = rb"(?<=[ \t])%s[ =]?" + _QUOTE + rb"[\w.@+-]{1,80}:([^\s\"'\\`<>|;]{7,200})"
_MYSQL = (
    rb"(?:mysql(?:dump|admin|import|show)?|mysqlsh)\b(?:[ \t]+(?!-p)[^\s|;\"'\\]{1,200}){0,20}[ \t]+-p"
    + _QUOTE
    + rb"([^\s\"'\\`<>|;]{6,200})"
)
_NETRC = (
    rb"machine"
    + _SPACE
    + rb"[\w.:-]{1,200}"
    + _SPACE
    + rb"login"
    + _SPACE
    + rb"[^\s\\\"]{1,200}"
    + _SPACE
    + rb"password"
    + _SPACE
    + rb"([^\s\\\"]{4,200})"
)
_LINE = rb"(?:\r?\n|(?:\\{1,7}r)?\\{1,7}n)"
_FIELD = (
    rb"form-data; name=\\{0,7}\"(?i:[\w.-]*(?:key|token|secret|passwd|password|passphrase))\\{0,7}\""
    rb"(?:" + _LINE + rb"[A-Za-z-]{1,40}:[^\r\n\\]{0,200}){0,8}" + _LINE + _LINE + rb"([^\r\n\\]{6,4000})"
)
"""Where a password stands in command lines, in a file of logins, in a form of several parts."""
_USER = re.compile(rb"[^/\s@\"'<>\\]{3,2000}")
_LONG_RUN = re.compile(rb"[A-Za-z0-9]{20}")


_URL = b"://"
_SHORTEST_RUN = 19
_BEFORE = 8
_LONG = b"a" * _SHORTEST_RUN
_ONES = bytes(97 if chr(sign).isascii() and (chr(sign).isalnum() or chr(sign) in "-_") else 32 for sign in range(256))


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """One shape."""

    name: str
    """Whose token it is, as a finding says it."""
    hint: bytes
    """Bytes without which it cannot be."""
    pattern: re.Pattern[bytes]
    """Matched at the hint, or `shift` bytes after it. Its first group is the secret, if it has one."""
    shift: int = 0
    in_run: bool = True
    """Its hint stands in a run of `_SHORTEST_RUN` letters, digits and dashes, or in the few signs before it."""
    real: Callable[[bytes], bool] | None = None
    """Looks at what matched, where the pattern alone would fit words as well."""


def look(raw: bytes) -> Iterator[Found]:
    """All that looks like a secret, in no order. What overlaps may be told twice, under two names."""
    lower = raw.lower()
    places = _NEEDLES.places(lower)
    if places:
        for hint, small, shapes in _ANYWHERE:
            starts = places.get(small)
            if starts is not None:
                yield from _fitting(raw, (start for start in starts if raw.startswith(hint, start)), shapes)
    runs = b" ".join(_runs(raw))
    if runs:
        for hint, _, shapes in _IN_RUNS:
            if hint in runs:
                yield from _fitting(raw, _starts(raw, hint), shapes)
    if _URL in places and b"@" in raw:
        yield from _in_urls(raw)
    if places:
        yield from named_at(raw, lower, places)


def _in_urls(raw: bytes) -> Iterator[Found]:
    """User and password before the host, or a token that stands for both."""
    done, at = 0, raw.find(b"@")
    while at >= 0:
        start = raw.rfind(b"://", done, at) + 3
        if start > done + 2 and _USER.fullmatch(raw, start, at):
            user = raw[start:at]
            if b":" in user or _no_words(user):
                yield Found(start=start, end=at, shape="credentials in a URL")
        done, at = at, raw.find(b"@", at + 1)


def _runs(raw: bytes) -> Iterator[bytes]:
    """The long words: almost no text has any, so that few texts are looked through for each of the hints."""
    ones = raw.translate(_ONES)
    start = ones.find(_LONG)
    while start >= 0:
        end = ones.find(b" ", start)
        end = len(ones) if end < 0 else end
        yield raw[max(0, start - _BEFORE) : end]
        start = ones.find(_LONG, end)


def _fitting(raw: bytes, starts: Iterable[int], shapes: tuple[Shape, ...]) -> Iterator[Found]:
    past = 0
    for start in starts:
        if start < past:
            continue
        past = start + 1
        for shape in shapes:
            match = shape.pattern.match(raw, max(0, start + shape.shift))
            if match is not None:
                past = max(past, match.end())
                first, last = match.span(match.re.groups)
                if shape.real is None or shape.real(raw[first:last]):
                    yield Found(start=first, end=last, shape=shape.name)
                    break


def _starts(raw: bytes, hint: bytes) -> Iterator[int]:
    start = raw.find(hint)
    while start >= 0:
        yield start
        start = raw.find(hint, start + 1)


def _no_words(text: bytes) -> bool:
    """Whether a machine made it: one long run, or one in which letters and digits are mixed."""
    return _LONG_RUN.search(text) is not None or MIXED.search(text) is not None


def _pair(text: bytes) -> bool:
    """Whether it is a user and a password in base64, as basic authentication has it."""
    try:
        pair = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError:
        return False
    return b":" in pair and pair.decode("utf-8", "replace").isprintable()


def _chosen(text: bytes) -> bool:
    """Whether it is like a password, and no group or number."""
    return looks_made(text, password=True, quoted=True)


def _for_real(text: bytes) -> bool:
    """Whether it is no dummy: what stands there is a secret."""
    return DUMMY.search(text) is None and b"[redacted " not in text and text.lower() not in (b"password", b"string")


def _token(
    name: str, hint: bytes, pattern: bytes, *, shift: int = 0, real: Callable[[bytes], bool] | None = None
) -> Shape:
    return Shape(name=name, hint=hint, pattern=re.compile(_START + pattern), shift=shift, real=real)


def _after(
    name: str, hint: bytes, pattern: bytes, real: Callable[[bytes], bool] | None = None, *, shift: int = 0
) -> Shape:
    """What is told by the bytes before it, wherever they stand."""
    return Shape(name=name, hint=hint, pattern=re.compile(pattern), shift=shift, real=real, in_run=False)


SHAPES: tuple[Shape, ...] = (
    _token("Anthropic key", b"sk-", rb"sk-ant-[A-Za-z0-9_-]{20,}"),
    _token("OpenRouter key", b"sk-", rb"sk-or-(?:v\d-)?[A-Za-z0-9_-]{20,}"),
    _token("OpenAI key", b"sk-", rb"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}"),
    _token("Langfuse key", b"sk-", rb"sk-lf-[A-Za-z0-9-]{20,}"),
    _token("OpenAI key", b"sk-", rb"sk-[A-Za-z0-9_-]{20,}", real=_no_words),
    _token("OpenAI session", b"sess-", rb"sess-[A-Za-z0-9]{32,}"),
    _token("Groq key", b"gsk_", rb"gsk_[A-Za-z0-9]{20,}"),
    _token("Cerebras key", b"csk-", rb"csk-[A-Za-z0-9]{40,}"),
    _token("Google key", b"AIza", rb"AIza[0-9A-Za-z_-]{35}(?![\w+=-])"),
    _token("Google access token", b"ya29.", rb"ya29\.[0-9A-Za-z_-]{20,}"),
    _token("Google client secret", b"GOCSPX-", rb"GOCSPX-[0-9A-Za-z_-]{20,}"),
    _token("Hugging Face token", b"hf_", rb"hf_[A-Za-z0-9]{20,}"),
    _token("xAI key", b"xai-", rb"xai-[A-Za-z0-9]{40,}"),
    _token("Perplexity key", b"pplx-", rb"pplx-[A-Za-z0-9]{32,}"),
    _token("Replicate token", b"r8_", rb"r8_[A-Za-z0-9]{30,}"),
    _token("Fireworks key", b"fw_", rb"fw_[A-Za-z0-9]{20,}", real=_no_words),
    _token("Together key", b"tgp_v", rb"tgp_v\d_[A-Za-z0-9_-]{30,}"),
    _token("NVIDIA key", b"nvapi-", rb"nvapi-[A-Za-z0-9_-]{40,}"),
    _token("Azure key", b"JQQJ9", rb"[A-Za-z0-9]{52}JQQJ9[9D][A-Za-z0-9]{20,32}", shift=-52),
    _token("AWS key id", b"AKIA", rb"AKIA[0-9A-Z]{16}\b"),
    _token("AWS key id", b"ASIA", rb"ASIA[0-9A-Z]{16}\b"),
    _token("AWS Bedrock key", b"ABSK", rb"(?<![+/])ABSK[A-Za-z0-9+/=]{60,}"),
    *(_token("GitHub token", b"gh%c_" % kind, rb"gh[pousr]_[A-Za-z0-9]{36,}") for kind in b"pousr"),
    _token("GitHub token", b"github_pat_", rb"github_pat_[A-Za-z0-9_]{22,}"),
    _token("GitLab token", b"glpat-", rb"glpat-[A-Za-z0-9_.-]{20,}"),
    _token("Slack token", b"xox", rb"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{14,}"),
    _token("Slack token", b"xapp-", rb"xapp-\d-[A-Za-z0-9-]{16,}"),
    _after("Slack webhook", b"hooks.slack.com/services/", rb"hooks\.slack\.com/services/(T[\w/]{20,})"),
    _token("Stripe key", b"k_live_", rb"[sr]k_live_[A-Za-z0-9]{16,}", shift=-1),
    _token("Stripe key", b"k_test_", rb"[sr]k_test_[A-Za-z0-9]{16,}", shift=-1),
    _token("webhook secret", b"whsec_", rb"whsec_[A-Za-z0-9+/=]{24,}"),
    _token("Twilio key", b"SK", rb"SK[0-9a-f]{32}\b"),
    _token("Linear key", b"lin_", rb"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    _token("Vercel token", b"vc", rb"vc[pciark]_[A-Za-z0-9]{24,}", real=_no_words),
    _token("Vercel token", b"vercel_", rb"vercel_[A-Za-z0-9_]{24,}", real=_no_words),
    _token("Shopify token", b"shp", rb"shp(?:at|ca|pa|ss|ua)_[A-Fa-f0-9]{32}"),
    _token("SendGrid key", b"SG.", rb"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    _token("npm token", b"npm_", rb"npm_[A-Za-z0-9]{36}"),
    _token("PyPI token", b"pypi-AgE", rb"pypi-AgE[A-Za-z0-9_-]{40,}"),
    _token("DigitalOcean token", b"_v1_", rb"do[opr]_v1_[0-9a-f]{64}", shift=-3),
    _token("Telegram bot token", b"AA", rb"(?<=\d{8}:)AA[A-Za-z0-9_-]{33}"),
    _after("Discord bot token", b"Bot ", rb"Bot ([\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,})"),
    _after("Discord webhook", b"/api/webhooks/", rb"/api/webhooks/(\d+/[\w-]{60,})"),
    _token("Databricks token", b"dapi", rb"dapi[0-9a-f]{32}"),
    _token("Vault token", b"hvs.", rb"hvs\.[A-Za-z0-9_-]{24,}"),
    _token("JSON web token", b"eyJ", rb"(?<!-)eyJ[A-Za-z0-9_-]{10,}+\.eyJ[A-Za-z0-9_-]{10,}+(?:\.[A-Za-z0-9_-]*)?"),
    *(
        shape
        for blank in (b" ", b"%20")
        for shape in (
            _after(
                "bearer token", b"earer" + blank, b"earer" + blank + rb"((?:[A-Za-z0-9._~+/=-]|\\/){16,})", _no_words
            ),
            _after("basic credentials", b"asic" + blank, b"asic" + blank + rb"([A-Za-z0-9+/_-]{8,}={0,2})", _pair),
        )
    ),
    _after("private key", b"-----BEGIN ", _PEM),
    _after("field of a form", b"form-data; name=", _FIELD, _for_real),
    *(
        _after("password of a command", blank + option, _LOGIN % option, _chosen, shift=1)
        for option in (b"-u", b"--user", b"--proxy-user")
        for blank in (b" ", b"\t")
    ),
    _after("password of a command", b"mysql", _MYSQL, _chosen),
    _after("password in .netrc", b"machine ", _NETRC, _for_real),
)
"""All shapes. Of those with the same hint the first that fits tells the name."""


def _by_hint(shapes: Iterable[Shape]) -> tuple[tuple[bytes, bytes, tuple[Shape, ...]], ...]:
    """Each hint, the same in small letters, and what it may be."""
    grouped: dict[bytes, list[Shape]] = {}
    for shape in shapes:
        grouped.setdefault(shape.hint, []).append(shape)
    return tuple((hint, hint.lower(), tuple(group)) for hint, group in grouped.items())


_ANYWHERE = _by_hint(shape for shape in SHAPES if not shape.in_run)
_IN_RUNS = _by_hint(shape for shape in SHAPES if shape.in_run)
_NEEDLES = Needles((*(small for _, small, _ in _ANYWHERE), _URL, *NAMES))
"""Looked for in small letters, all at once: without one of them, and without a long word, nothing is a secret."""
