"""What came back, as lines: the assembled answer, a refusal in the server's words, or the body of anything else."""

import json
import re

from nexdiag.codec import anthropic, responses
from nexdiag.codec.encodings import response_text
from nexdiag.core.exchange import Exchange, Response
from nexdiag.core.message import Usage
from nexdiag.report.answers import Answer
from nexdiag.report.cassette.entry import block, digest, entry_lines, flat
from nexdiag.report.messages import parsed, text_of
from nexdiag.report.visible import visible

_LONGEST = 2000
_COPIES = frozenset({responses.KEY, anthropic.KEY})
_MADE_UP = re.compile(r'("(?:id|created|created_at|x_request_id|system_fingerprint)"\s*:\s*)("[^"]{0,200}"|[0-9.]+)')


def message_lines(message: str, *, ids: bool = True) -> list[str]:
    """The lines of an assembled message, without the copy that its wire's codec keeps in it."""
    value = parsed(message.encode("utf-8", "replace"))
    if not isinstance(value, dict):
        return entry_lines(message.encode("utf-8", "replace"), ids=ids)
    sent = {key: entry for key, entry in value.items() if key not in _COPIES}
    return entry_lines(json.dumps(sent).encode(), ids=ids)


def answer_lines(exchange: Exchange, came: Answer, *, ids: bool) -> list[str]:
    """What came back; the first line begins with `=`, or with `!` where it did not succeed."""
    lines: list[str] = []
    if came.message is not None:
        role, *rest = message_lines(came.message, ids=ids)
        lines += [f"= {role}{_ending(came)}", *rest]
    if came.refusal is not None:
        lines += _refused(came.refusal)
    elif came.message is None:
        lines += ["= no message" + _ending(came), *_body(exchange.response, ids=ids)]
    if exchange.failure is not None and came.refusal not in (None, exchange.failure):
        lines += _refused(exchange.failure)
    return lines


def _refused(words: str) -> list[str]:
    first, *more = visible(words).split("\n")
    return [f"! {first}", *(f"  {line}" for line in more)]


def _ending(came: Answer) -> str:
    parts = [flat(came.finish_reason)] if came.finish_reason else []
    if came.usage != Usage():
        parts.append(f"{came.usage.input_tokens} tokens in, {came.usage.output_tokens} out")
    if not came.complete and came.refusal is None:
        parts.append("broke off")
    return "".join(f" · {part}" for part in parts)


def _body(response: Response | None, *, ids: bool) -> list[str]:
    """A body that is no answer of a model: a list of models, embeddings, bytes."""
    raw = response_text(response) if response is not None else b""
    if not raw:
        return []
    text = text_of(raw)
    if not ids:
        text = _MADE_UP.sub(r"\1…", text)
    if len(text) <= _LONGEST:
        return block(text)
    return [*block(text[:_LONGEST]), f"  … ({len(text) - _LONGEST:,} more characters, {digest(text)} in all)"]
