"""Which secrets are in use: what the environment names as such, and what a request itself carries. Pure."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote, unquote_plus, urlsplit

from nexdiag.codec.named import MIXED
from nexdiag.core.exchange import Request

_VARIABLE = re.compile(
    r"(?:\A|_)(?:\w*(?:API|ACCESS|PRIVATE|SECRET)_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|PAT"
    r"|CREDENTIALS?|AUTH|COOKIE)(?:_?\d+)?\Z",
    re.IGNORECASE,
)
_HEADER = re.compile(r"(?:\A|-)(?:authorization|api-?key|key|token|secret|password|auth)\Z")
_PARAMETER = re.compile(r"(?<=[?&;])([^=&;#?\s]{1,200})=(?!\[redacted )([^&;#\s]+)")
_TELLING = re.compile(r"(?i)[\w.\[-]*(?:key|token|secret|password|signature|credential)\]?|auth|sig|code")
"""A parameter of a URL whose name says that its value is a secret, once its escapes are read."""
_SCHEME = re.compile(r"\A[A-Za-z][A-Za-z0-9_-]{1,20}[ ]+(?=\S+\Z)")
_WORD = re.compile(r"[A-Za-z]{1,11}|\d{1,11}|true|false|null|none")
_PATH = re.compile(r"(?:[~.]{0,2}/|[A-Za-z]:\\)")
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_SHORTEST = 8
_LONGEST = 100_000


def secrets_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of variables that are named for a secret, and the passwords in such as are URLs.

    Words, small numbers and paths are none, whatever they are called: replacing them everywhere would destroy a
    recording.
    """
    found = dict.fromkeys(value for name, text in environ.items() for value in _of_variable(name, text.strip()))
    return tuple(found)


def carried(request: Request) -> Iterator[str]:
    """The secrets that a request shows as such: in authorization, in key headers, cookies and its URL."""
    for name, value in request.headers:
        if name == "cookie":
            yield from (part.partition("=")[2].strip() for part in value.split(";") if MIXED.search(part.encode()))
        elif _HEADER.search(name):
            yield from _of_credentials(_SCHEME.sub("", value.strip()))
    if "?" in request.url or ";" in request.url:
        yield from (unquote_plus(match[2]) for match in _PARAMETER.finditer(request.url) if _tells(match[1]))
    if "@" in request.url:
        yield from _of_url(request.url)


def in_parameters(url: str, change: Callable[[str], str]) -> str:
    """The URL with the values changed of the parameters that are named for a secret."""
    return _PARAMETER.sub(lambda found: f"{found[1]}={change(found[2])}" if _tells(found[1]) else found[0], url)


def worth(value: str) -> bool:
    """Whether replacing a value everywhere does no more harm than good."""
    return (
        _SHORTEST <= len(value) <= _LONGEST
        and _WORD.fullmatch(value) is None
        and "[redacted " not in value
        and len(set(value)) > 2  # noqa: PLR2004 - `********` stands for a secret, and is none
    )


def _tells(name: str) -> bool:
    return _TELLING.fullmatch(unquote(name)) is not None


def _of_variable(name: str, value: str) -> Iterator[str]:
    if _URL.match(value):
        yield from filter(worth, _of_url(value))
    elif _VARIABLE.search(name) and worth(value) and not _PATH.match(value):
        yield value


def _of_credentials(value: str) -> Iterator[str]:
    """A token; of basic credentials also the password, which may stand elsewhere by itself."""
    yield value
    try:
        pair = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except ValueError:
        return
    if ":" in pair and pair.isprintable():
        yield pair.partition(":")[2]


def _of_url(url: str) -> Iterator[str]:
    try:
        password = urlsplit(url).password
    except ValueError:
        return
    if password:
        yield unquote(password)
