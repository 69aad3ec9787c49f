"""Two answers: status, words, calls, finish reason, usage, and whatever else the bodies differ in. Pure."""

import re
from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.answered import reply_of
from nexdiag.codec.encodings import response_text
from nexdiag.codec.wire import wire_of
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import REFUSED, Exchange, Response
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.diff.align import aligned
from nexdiag.diff.aside import is_volatile
from nexdiag.diff.carrying import Carried
from nexdiag.diff.compare import compare
from nexdiag.diff.reading import Reading, fact, made, secret_alone

MOST = 200
"""Differences of two bodies that are told."""
_READ = re.compile(
    r"^/(?:choices/\d+/(?:message|finish_reason|text)|usage|model|output|content|stop_reason|status|output_text"
    r"|incomplete_details)(?:/|$)"
)
"""What a reply holds of a body: it is told in the words of a reply."""


_HEADERS = ("content-type", "location", "www-authenticate")
"""Headers that clients act on; all others (dates, ids, counts, limits of the day) differ each time."""
_SPACES = re.compile(r"\s+")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, read once."""

    response: Response | None
    reply: Reply | None = None
    """None for what is no answer of a model."""
    error: str = ""
    """The words of a failure under a status of success."""

    @property
    def refused(self) -> bool:
        """Whether the server refused, or failed."""
        return self.response is None or self.response.status >= REFUSED or bool(self.error)


def answer_of(exchange: Exchange) -> Answer:
    """The answer, as far as it can be read."""
    response, wire = exchange.response, wire_of(exchange.request.path)
    if response is None or wire is None or response.status >= REFUSED:
        return Answer(response=response)
    reply, error = reply_of(response, wire)
    return Answer(response=response, reply=reply, error=error)


def meaning_of(reply: Reply) -> Hashable:
    """What was said: text, calls, and why it ended; not the ids and times that each answer has of its own."""
    calls = tuple((call.name, _canonical(call.arguments)) for call in reply.message.tool_calls)
    return reply.message.text, calls, reply.finish_reason, reply.complete


def compare_answers(left: Exchange, right: Exchange, reading: Reading, carried: Carried) -> Iterator[Difference]:
    """All differences of two answers. What a model said otherwise will be sent again, and is then no news."""
    if _same(left, right) and not reading.live:
        return
    before, after = answer_of(left), answer_of(right)
    found = list(_all(left, right, (before, after), reading))
    _remember(before.reply, after.reply, carried)
    yield from (one for one in found if not reading.asides.takes(one))


def _same(left: Exchange, right: Exchange) -> bool:
    here, there = left.response, right.response
    if left.failure != right.failure or here is None or there is None:
        return here is there and left.failure == right.failure
    same = here.status == there.status and here.streamed == there.streamed and here.body == there.body
    return same and here.headers == there.headers


def _all(left: Exchange, right: Exchange, both: tuple[Answer, Answer], reading: Reading) -> Iterator[Difference]:
    before, after = both
    here, there = before.response, after.response
    status = [None if one is None else one.status for one in (here, there)]
    if status[0] != status[1]:
        yield fact("response", "(status)", *status)
    if left.failure != right.failure:
        yield fact("response", "(failure)", left.failure, right.failure)
    if here is None or there is None:
        return
    if here.streamed != there.streamed and before.refused == after.refused:
        yield fact("response", "(streamed)", here.streamed, there.streamed)
    if status[0] == status[1]:
        yield from _headers(here, there)
    if before.reply is None or after.reply is None:
        if status[0] != status[1] and (before.refused or after.refused):
            yield from _words_of_refusal(before, after)
        else:
            yield from _bodies(here, there, reading)
        return
    if before.error != after.error:
        yield fact("response", "(error)", before.error or None, after.error or None)
    replies = list(_replies(before.reply, after.reply, reading))
    yield from replies
    if not here.streamed and not there.streamed:
        beside = (one for one in _bodies(here, there, reading) if not (replies and _READ.match(one.pointer[6:])))
        yield from (one for one in beside if not (reading.live and _READ.match(one.pointer[6:])))


def _headers(here: Response, there: Response) -> Iterator[Difference]:
    """What clients act on; nothing where one side was recorded without headers."""
    if not here.headers or not there.headers:
        return
    for name in _HEADERS:
        mine, yours = (_SPACES.sub("", one.header(name)).lower() for one in (here, there))
        if mine != yours:
            yield fact("response", f"(headers)/{name}", here.header(name) or None, there.header(name) or None)


def _words_of_refusal(before: Answer, after: Answer) -> Iterator[Difference]:
    """One was refused, the other not: what the server said, beside what the model did."""
    texts = []
    for one in (before, after):
        body = b"" if one.response is None else response_text(one.response)
        texts.append((body.decode(errors="replace") or None) if one.refused else None)
    if texts[0] != texts[1]:
        yield fact("response", "(refusal)", *texts)


def _bodies(left: Response, right: Response, reading: Reading) -> Iterator[Difference]:
    """Whatever two bodies differ in, but for what each answer has of its own."""
    texts = [response_text(one) for one in (left, right)]
    if texts[0] == texts[1]:
        return
    for one in islice(compare(_value(texts[0]), _value(texts[1]), "(body)"), MOST):
        rule = "response" if is_volatile(one.pointer) else "secret" if secret_alone(one.left, one.right) else ""
        if one.pointer.endswith("/arguments") and _is_spelling(one.left, one.right):
            continue
        if rule:
            reading.asides.add(rule, one.pointer, one.left, one.right)
        else:
            yield made("response", one)


def _replies(left: Reply, right: Reply, reading: Reading) -> Iterator[Difference]:
    live = reading.live
    for pointer, mine, yours in (
        ("(text)", left.message.text, right.message.text),
        ("(reasoning)", left.message.reasoning or "", right.message.reasoning or ""),
    ):
        if mine != yours:
            if secret_alone(mine, yours):
                reading.asides.add("secret", pointer, mine, yours)
            elif live and mine and yours:
                yield reading.prose("response", Difference(pointer=pointer, left=mine, right=yours))
            else:
                yield fact("response", pointer, mine or None, yours or None, quiet=live)
    yield from _calls(left.message, right.message, reading)
    for pointer, old, new, quiet in (
        ("(finish_reason)", left.finish_reason, right.finish_reason, False),
        ("(complete)", left.complete, right.complete, False),
        ("(model)", left.model, right.model, False),
    ):
        if old != new:
            yield fact("response", pointer, old, new, quiet=quiet)
    reading.ids.same(left.response_id, right.response_id)
    if left.response_id != right.response_id:
        reading.asides.add("response", "(id)", left.response_id, right.response_id)
    for name in left.usage.__struct_fields__:
        counts = _tokens(left, name), _tokens(right, name)
        if (counts[0] or 0) != (counts[1] or 0):
            yield fact("response", f"(usage)/{name}", *counts, quiet=live)


def _tokens(reply: Reply, name: str) -> int | None:
    """A count of its usage; None where the answer tells no usage at all."""
    return None if reply.usage == Usage() else getattr(reply.usage, name)


def _calls(left: Message, right: Message, reading: Reading) -> Iterator[Difference]:
    """Calls by name and arguments; their ids are numbered."""
    before, after = left.tool_calls, right.tool_calls
    keys = [[(call.name, _canonical(call.arguments)) for call in calls] for calls in (before, after)]
    for i, j in aligned(keys[0], keys[1], lambda i, j: 1.0 if before[i].name == after[j].name else 0.01):
        if i is None or j is None:
            call = before[i] if i is not None else after[j or 0]
            where, told = f"(tool_calls)/{i if i is not None else j}", {"name": call.name, "arguments": call.arguments}
            values = (told, None) if i is not None else (None, told)
            yield fact("response", where, *values)
            continue
        yield from _call(before[i], after[j], f"(tool_calls)/{i}", reading)


def _call(left: ToolCall, right: ToolCall, where: str, reading: Reading) -> Iterator[Difference]:
    if left.name != right.name:
        yield fact("response", f"{where}/name", left.name, right.name)
    if left.id != right.id:
        if reading.ids.same(left.id, right.id):
            reading.asides.add("id", f"{where}/id", left.id, right.id)
        else:
            yield fact("response", f"{where}/id", left.id, right.id, quiet=reading.live)
    else:
        reading.ids.same(left.id, right.id)
    if left.arguments == right.arguments:
        return
    mine, yours = _value(left.arguments), _value(right.arguments)
    if not (isinstance(mine, dict) and isinstance(yours, dict)):
        yield fact("response", f"{where}/arguments", left.arguments, right.arguments)
        return
    found = list(compare(mine, yours, f"{where}/arguments"))
    for one in found:
        yield made("response", one, quiet=reading.live and one.kind == "changed")
    if not found:
        reading.asides.add("spelling", f"{where}/arguments", left.arguments, right.arguments)


def _remember(left: Reply | None, right: Reply | None, carried: Carried) -> None:
    """What differs in two replies, and comes again in the requests that follow."""
    mine = left.message if left is not None else None
    yours = right.message if right is not None else None
    texts = [None if one is None else one.text for one in (mine, yours)]
    if texts[0] != texts[1]:
        carried.pair(*texts)
    else:
        carried.agreed(texts[0])
    thoughts = [None if one is None else one.reasoning for one in (mine, yours)]
    if thoughts[0] != thoughts[1]:
        carried.pair(*thoughts)
    calls = [() if one is None else one.tool_calls for one in (mine, yours)]
    for one, other in zip(*calls, strict=False):
        if one.arguments != other.arguments:
            carried.pair(one.arguments, other.arguments)
        else:
            carried.agreed(one.arguments)
    if len(calls[0]) != len(calls[1]):
        carried.text(*(call.arguments for side in calls for call in side))


def _canonical(arguments: str) -> bytes:
    value = _value(arguments)
    try:
        return msgspec.json.encode(value, order="deterministic")
    except (UnicodeEncodeError, RecursionError):
        return ascii(value).encode()


def _is_spelling(left: object, right: object) -> bool:
    """Whether two texts are the same JSON, written otherwise: it is told of the calls."""
    return isinstance(left, str) and isinstance(right, str) and _canonical(left) == _canonical(right)


def _value(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The value; the text where it is no JSON."""
    try:
        return jsontext.read(text)
    except (ValueError, RecursionError):
        return text.decode(errors="replace") if isinstance(text, bytes) else text
