"""vcrpy with our cassettes: for clients that are not httpx (requests, aiohttp, urllib3). The one file of vcr.

`through_vcr()` gives a `vcr.VCR` that reads and writes `*.cassette.jsonl`, matches as our replay does, and redacts.
What vcrpy does not know of an exchange (its times, the pieces of its body, its turn) travels with the response, as
`codec.beside` has it, and so survives a cassette that vcrpy plays and extends.

Law: nothing reaches the disk before its secrets are replaced, whatever hooks the user sets; the file is written whole
or not at all, mode 0600.
"""

import hashlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.capture.grouping.regroup import group
from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.codec import beside, vcr
from nexdiag.codec import cassette as codec
from nexdiag.codec.encodings import plain_request
from nexdiag.codec.foreign import header_of
from nexdiag.core.body import Body
from nexdiag.core.cassette import FORMAT, SUFFIX, Cassette, Header
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.version import TOOL
from nexdiag.replay.matching.canonical import Canonical, Digest
from nexdiag.runner.cassettes import files
from nexdiag.runner.cleaned import Cleaner
from nexdiag.runner.foreign.convert import encode_as, read
from nexdiag.runner.provenance import stamped
from nexdiag.runner.redaction import patterns_for

try:
    import vcr as vcrpy  # type: ignore[import-untyped]
    from vcr.persisters.filesystem import CassetteNotFoundError  # type: ignore[import-untyped]
    from vcr.util import read_body  # type: ignore[import-untyped]
except ModuleNotFoundError as error:
    raise UsageError("vcrpy is wanted and not installed", hint="install it: pip install 'vcrpy>=9.4'") from error

if not hasattr(vcrpy.cassette.Cassette, "get_metadata"):  # older ones would lose our turns and log lines
    raise UsageError(f"vcrpy 9.4 is wanted, found {vcrpy.__version__}", hint="pip install -U 'vcrpy>=9.4'")

Clock = Callable[[], float]
NAME = "nexdiag"
"""Of our serializer, where vcrpy wants one."""
MATCHERS = ("method", "nexdiag_path", "nexdiag_body")
"""By which vcrpy finds a recording: the first is its own."""
_LIBRARY = "vcrpy"
"""Under this name a header says that vcrpy made the recording."""
_KNOWN = (SUFFIX, ".yaml", ".yml", ".json")


def through_vcr(
    *,
    redact: str | Iterable[str] = (),
    secrets: Iterable[str] | None = None,
    environ: Mapping[str, str] = os.environ,
    clock: Clock = time.time,
    **more: Any,  # noqa: ANN401 - whatever vcrpy takes
) -> Any:  # noqa: ANN401 - vcrpy has no types
    """A `vcr.VCR` for our cassettes; `more` goes to vcrpy, before what is set here.

    `redact` are patterns of what is secret beside what is known to be; `secrets` are values that must never be written,
    by default those of the key variables in the environment. Raises `UsageError` for a pattern that cannot be used.
    """
    patterns = (redact,) if isinstance(redact, str) else redact
    cleaning = Cleaning(secrets_of(environ) if secrets is None else secrets, patterns=patterns)
    timer = _Timer(clock)
    options: dict[str, Any] = {"serializer": NAME, "match_on": MATCHERS, "path_transformer": with_suffix}
    for hook, ours in (("before_record_request", timer.asked), ("before_record_response", timer.came)):
        theirs = more.pop(hook, ()) or ()
        options[hook] = (*(theirs if isinstance(theirs, Iterable) else (theirs,)), ours)
    made = vcrpy.VCR(**options | more)
    made.register_serializer(NAME, Serializer(cleaning))
    matching = Matching(cleaning)
    made.register_matcher(MATCHERS[1], matching.path)
    made.register_matcher(MATCHERS[2], matching.body)
    made.register_persister(Persister(cleaning, clock))
    return made


def with_suffix(path: str) -> str:
    """The path of a cassette: with our suffix, unless it has one that we know."""
    path = os.fspath(path)
    return path if path.endswith(_KNOWN) else path + SUFFIX


class Cleaning:
    """Takes secrets out, for each file as its own header says: it is gone on with as it was begun."""

    def __init__(self, secrets: Iterable[str] = (), *, patterns: Iterable[str] = ()) -> None:
        """`secrets` and `patterns` are for all files. Raises `UsageError` for a pattern that cannot be used."""
        self._secrets = tuple(secrets)
        self._patterns = tuple(patterns)
        self._made: dict[tuple[str, ...], Cleaner] = {}
        self._recorded: dict[str, None] = {}
        self.asked = self.of(())
        """For what is asked: it is not known of which file it will be, so it does what any that was read wants."""

    def of(self, recorded: Iterable[str]) -> Cleaner:
        """For a file with these redactions in its header."""
        patterns = patterns_for(recorded, self._patterns)
        if patterns not in self._made:
            self._made[patterns] = Cleaner(self._secrets, patterns=patterns)
        return self._made[patterns]

    def read(self, recorded: Iterable[str]) -> None:
        """A file with these redactions was read."""
        self._recorded |= dict.fromkeys(recorded)
        self.asked = self.of(self._recorded)


class Serializer:
    """Our format for any `vcr.VCR`: vcrpy's values ⇄ JSON Lines. Registered under `nexdiag`.

    `Persister` does without it. It is for persisters of others, which ask for the serializer that a cassette names.
    """

    def __init__(self, cleaning: Cleaning | None = None) -> None:
        """`cleaning` takes the secrets out of what is written."""
        self._cleaning = cleaning or Cleaning()

    def deserialize(self, text: str) -> dict[str, Any]:
        """The cassette as vcrpy's values. Raises `CassetteError` where it is none."""
        return vcr.document(codec.decode(text.encode("utf-8", "surrogateescape")))

    def serialize(self, values: dict[str, Any]) -> str:
        """The cassette of vcrpy's values."""
        cassette = _with_header(vcr.decode(values))
        return encode_as(SUFFIX, self._cleaning.of(cassette.header.redactions).cassette(cassette)).decode()


class Persister:
    """Where vcrpy keeps cassettes: by the suffix in our format or in vcrpy's own, always redacted."""

    def __init__(self, cleaning: Cleaning, clock: Clock) -> None:
        """`clock` tells when a recording was made."""
        self._cleaning = cleaning
        self._clock = clock
        self._redactions: dict[str, tuple[str, ...]] = {}
        """Of each file that was read: what is recorded anew comes without the old header."""

    def load_cassette(self, path: str, serializer: object) -> tuple[list[Any], list[Any], dict[str, Any]]:
        """Requests, responses, and what vcrpy shall keep for us. Raises `CassetteError` for a broken file."""
        del serializer  # the suffix says it
        if not Path(path).is_file() or not files.read(Path(path)).strip():
            raise CassetteNotFoundError
        cassette = read(Path(path))
        self._redactions[str(path)] = cassette.header.redactions
        self._cleaning.read(cassette.header.redactions)
        played = [exchange for exchange in cassette.exchanges if exchange.response is not None]
        entries = [vcr.interaction(exchange) for exchange in played]
        requests = [vcrpy.request.Request(**entry["request"]) for entry in entries]
        return requests, [_response(entry["response"]) for entry in entries], {NAME: cassette}

    def save_cassette(self, path: str, values: dict[str, Any], serializer: object) -> None:
        """Write what vcrpy holds. Raises `CassetteError` if it cannot be written; then the old file is as it was."""
        del serializer
        pairs = zip(values["requests"], values["responses"], strict=True)
        exchanges = [_exchange(request, response, number) for number, (request, response) in enumerate(pairs)]
        old = values.get("metadata", {}).get(NAME)
        cassette = _together(exchanges, old if isinstance(old, Cassette) else None)
        cleaner = self._cleaning.of(self._redactions.get(str(path), ()))
        clean = cleaner.cassette(_with_header(cassette, created=self._clock()))
        files.put(Path(path), encode_as(str(path), _with_turns(clean)))


class Matching:
    """Whether two of vcrpy's requests mean the same, as replay sees it: both are looked at without their secrets."""

    def __init__(self, cleaning: Cleaning) -> None:
        """`cleaning` is the one that writes: what is asked has its secrets still, what was recorded has not."""
        self._cleaning = cleaning
        self._canonical = Canonical()
        self._known: weakref.WeakKeyDictionary[Any, _Look] = weakref.WeakKeyDictionary()

    def path(self, asked: Any, recorded: Any) -> None:  # noqa: ANN401 - vcrpy has no types
        """Raise `AssertionError`, as vcrpy wants it, where the paths differ. The host does not count."""
        ours, theirs = self._look(asked), self._look(recorded)
        assert ours.path == theirs.path, f"{ours.told} is not {theirs.told}"

    def body(self, asked: Any, recorded: Any) -> None:  # noqa: ANN401 - vcrpy has no types
        """Raise `AssertionError` where the bodies mean something else."""
        ours, theirs = self._look(asked), self._look(recorded)
        assert ours.body == theirs.body, f"a body with {ours.messages} is not the recorded one with {theirs.messages}"

    def _look(self, request: Any) -> "_Look":  # noqa: ANN401 - vcrpy has no types
        cleaner = self._cleaning.asked
        of = (request.uri, request._body, cleaner)  # noqa: SLF001 - `body` makes a new one each time
        known = self._known.get(request)
        if known is None or any(one is not other for one, other in zip(of, known.of, strict=True)):
            clean = cleaner.request(_request(request))
            reading = self._canonical.read(msgspec.structs.replace(clean, method="", url=""))
            node = reading.conversation
            known = self._known[request] = _Look(
                of=of,
                path=self._canonical.read(Request(method="", url=clean.url)).key,
                body=reading.key,
                told=clean.path,
                messages="no messages" if node is None else f"{node.depth} message{'s' if node.depth != 1 else ''}",
            )
        return known


class _Look(msgspec.Struct, frozen=True, kw_only=True):
    of: tuple[Any, ...]
    """What was looked at: vcrpy's requests change while they are built."""
    path: Digest
    body: Digest
    told: str
    messages: str


class _Timer:
    """Notes when a request was first looked up and when its answer was there: vcrpy itself keeps no times."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began: dict[bytes, float] = {}
        self._last = threading.local()

    def asked(self, request: Any) -> Any:  # noqa: ANN401 - vcrpy has no types
        told = f"{request.method} {request.uri}\n".encode("utf-8", "replace")
        key = hashlib.blake2b(told + _body(request), digest_size=16).digest()
        self._began.setdefault(key, self._clock())
        self._last.key = key
        return request

    def came(self, response: Any) -> Any:  # noqa: ANN401 - vcrpy has no types
        """Vcrpy calls this right after `asked`, for the same exchange and in the same thread."""
        now = self._clock()
        began = self._began.pop(getattr(self._last, "key", b""), now)
        if isinstance(response, dict) and beside.KEY not in response:
            response[beside.KEY] = {"started": began, "duration": max(0.0, now - began)}
        return response


def _together(exchanges: list[Exchange], old: Cassette | None) -> Cassette:
    """What vcrpy holds, with what it had no place for; new exchanges are numbered after the old ones."""
    if old is None:
        return Cassette(header=Header(), exchanges=_numbered(exchanges, ()))
    unplayed = [exchange for exchange in old.exchanges if exchange.response is None]
    return msgspec.structs.replace(old, exchanges=_numbered(exchanges, unplayed), tear=None)


def _numbered(exchanges: list[Exchange], unplayed: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """Those that were read keep their numbers."""
    known = [exchange for exchange in exchanges if exchange.id >= 0]
    fresh = [exchange for exchange in exchanges if exchange.id < 0]
    kept = [*known, *unplayed]
    if len({exchange.id for exchange in kept}) < len(kept):  # a hook of the user has copied one
        kept = [msgspec.structs.replace(exchange, id=number) for number, exchange in enumerate(kept)]
    start = max((exchange.id for exchange in kept), default=-1) + 1
    kept += [msgspec.structs.replace(exchange, id=number) for number, exchange in enumerate(fresh, start=start)]
    return tuple(sorted(kept, key=lambda exchange: exchange.id))


def _exchange(request: Any, response: dict[str, Any], number: int) -> Exchange:  # noqa: ANN401 - vcrpy has no types
    """The exchange that vcrpy holds; with a number below 0 if no cassette had it."""
    headers = {name: [value] for name, value in request.headers.items()}
    asked = {"method": request.method, "uri": request.uri, "body": _body(request), "headers": headers}
    return vcr.exchange_of({"request": asked, "response": response}, -1 - number)


def _request(request: Any) -> Request:  # noqa: ANN401 - vcrpy has no types
    headers = tuple((str(name).lower(), _text(value)) for name, value in request.headers.items())
    body = Body.of(_body(request))
    return plain_request(Request(method=request.method, url=request.uri, headers=headers, body=body))


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _body(request: Any) -> bytes:  # noqa: ANN401 - vcrpy has no types
    """The bytes that are sent; none for an object that only the client can turn into bytes (aiohttp's FormData)."""
    body = request.body
    try:
        return vcr.sent_bytes(body if isinstance(body, dict | list | tuple) else read_body(request))
    except ValueError:
        return b""


def _response(values: dict[str, Any]) -> dict[str, Any]:
    """As vcrpy has it in memory: the body is bytes."""
    body = values["body"]["string"]
    return values | {"body": {"string": body.encode() if isinstance(body, str) else body}}


def _with_turns(cassette: Cassette) -> Cassette:
    """A recording that vcrpy made alone has its turns found anew each time that it grows."""
    if _LIBRARY not in cassette.header.libraries:
        return cassette
    bare = [msgspec.structs.replace(exchange, turn=None, attempt=1, session="") for exchange in cassette.exchanges]
    exchanges, turns = group(bare)
    return msgspec.structs.replace(cassette, exchanges=exchanges, turns=turns)


def _with_header(cassette: Cassette, created: float = 0.0) -> Cassette:
    """A recording that vcrpy made has a header all the same."""
    header = cassette.header
    if header.tool != TOOL and not header.created:
        told = stamped(header_of(cassette.exchanges, tool=TOOL), libraries=(_LIBRARY,))
        header = msgspec.structs.replace(told, created=told.created or created)
    return msgspec.structs.replace(cassette, header=msgspec.structs.replace(header, cassette=FORMAT))
