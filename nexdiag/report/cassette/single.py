"""One exchange: everything that was recorded of it, and a curl command that sends its request again."""

import shlex
from collections.abc import Iterator

from nexdiag.core.exchange import Exchange, Headers
from nexdiag.report.answers import answer
from nexdiag.report.cassette.adding import parameter_lines, parameters
from nexdiag.report.cassette.answered import answer_lines
from nexdiag.report.cassette.entry import block, entry_lines, flat
from nexdiag.report.messages import last_message, text_of
from nexdiag.report.visible import visible
from nexdiag.report.wording import count, seconds

_LONGEST_ARGUMENT = 100_000
"""Bytes: Linux takes 128 KiB in one argument of a command."""
_LEFT_TO_CURL = frozenset(
    {"host", "content-length", "connection", "transfer-encoding", "accept-encoding", "user-agent", "content-encoding"}
)
_MARK = "[redacted "
_KEYS = {
    "authorization": "Bearer $OPENAI_API_KEY",
    "x-api-key": "$ANTHROPIC_API_KEY",
    "api-key": "$AZURE_OPENAI_API_KEY",
}


def single(exchange: Exchange, *, times: bool = True, ids: bool = True) -> str:
    """All of one exchange as text."""
    return "".join(f"{line}\n" for line in _lines(exchange, times=times, ids=ids))


def _lines(exchange: Exchange, *, times: bool, ids: bool) -> Iterator[str]:
    request, response = exchange.request, exchange.response
    again = f" · attempt {exchange.attempt}" if exchange.attempt > 1 else ""
    turn = f" · turn {exchange.turn}" if exchange.turn is not None else ""
    yield f"exchange {exchange.id}{turn}{again}"
    yield flat(f"{request.method} {request.url}")
    if request.encoding:
        yield f"  (sent in {flat(request.encoding)}; shown without it)"
    yield from _headers(request.headers)
    last = last_message(request.body)
    fields = parameters(request.body, conversation=last)
    for key, value in fields.items():
        yield from (f"  {line}" for line in parameter_lines(key, value))
    for index, link in enumerate(last.chain() if last else ()):
        role, *rest = entry_lines(link.raw, ids=ids)
        yield from (f"  [{index}] {role}", *(f"  {line}" for line in rest))
    if last is None and not fields:
        yield from block(text_of(request.body.join()))
    yield ""
    if response is not None:
        took = f" · first byte {seconds(response.first_byte)} · {seconds(exchange.duration)}" if times else ""
        size = sum(len(chunk.bytes) for chunk in response.chunks)
        yield f"{response.status} · {count(len(response.chunks), 'chunk')}, {count(size, 'byte')}{took}"
        yield from _headers(response.headers)
    yield from answer_lines(exchange, answer(exchange), ids=ids)


def _headers(headers: Headers) -> Iterator[str]:
    yield from (flat(f"  {name}: {value}") for name, value in headers)


def curl(exchange: Exchange, file: str) -> str:
    """The command that sends the request again; `file` is the recording, for bodies that fit in no command line.

    Keys are not recorded: where one stood, the usual variable stands.
    """
    request = exchange.request
    parts = ["curl", "-sS", "-X", shlex.quote(visible(request.method)), shlex.quote(visible(request.url))]
    for name, value in request.headers:
        if name in _LEFT_TO_CURL:
            continue
        if value.startswith(_MARK):
            if name in _KEYS:
                parts.append(f'-H "{name}: {_KEYS[name]}"')
            continue
        parts.append(f"-H {shlex.quote(visible(f'{name}: {value}'))}")
    body = request.body.join()
    if not body:
        return " ".join(parts)
    if len(body) < _LONGEST_ARGUMENT and _is_text(body):
        return " ".join([*parts, "--data-binary", shlex.quote(body.decode())])
    whole = f"nexdiag cassette show {shlex.quote(file)} --exchange {exchange.id} --raw request"
    return " ".join([whole, "|", *parts, "--data-binary @-"])


def key_variables(exchange: Exchange) -> tuple[str, ...]:
    """The variables that `curl` puts where the recording had a key; none where the client sent none."""
    sent = [_KEYS[name] for name, value in exchange.request.headers if name in _KEYS and value.startswith(_MARK)]
    return tuple(dict.fromkeys(one.rpartition("$")[2] for one in sent))


def _is_text(body: bytes) -> bool:
    """Whether a shell can take it as an argument, and a terminal show it as it is."""
    try:
        told = body.decode()
    except UnicodeDecodeError:
        return False
    return visible(told) == told and not told.startswith("@")
