r"""An answer that was cut at its token limit is taken for a whole one.

## What it does

Finds an answer that ended with `length` (`max_tokens`, `incomplete`), stands in the next request as it came, and is
followed by something else than a wish to go on: the user's next message, or the result of a call whose arguments were
cut. Where the request itself allowed few tokens (under 256), that is a remark.

## Why it is bad

Nobody sees that half is missing: a file is written to its middle, a list lacks its end, arguments that were cut are
run. The next answers build on it.

## Example

```json
{"exchanges": [
  {"request": {"model": "m", "max_tokens": 4096, "messages": [
      {"role": "user", "content": "Tell it all."}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "First, there"}, "finish_reason": "length"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}},
  {"request": {"model": "m", "max_tokens": 4096, "messages": [
      {"role": "user", "content": "Tell it all."},
      {"role": "assistant", "content": "First, there"},
      {"role": "user", "content": "Now the next one."}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "Well."}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}}]}
```

## Instead

```json
{"exchanges": [
  {"request": {"model": "m", "max_tokens": 4096, "messages": [
      {"role": "user", "content": "Tell it all."}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "First, there"}, "finish_reason": "length"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}},
  {"request": {"model": "m", "max_tokens": 4096, "messages": [
      {"role": "user", "content": "Tell it all."},
      {"role": "assistant", "content": "First, there"},
      {"role": "user", "content": "Continue."}]},
   "status": 200,
   "response": {"model": "m", "choices": [
      {"message": {"role": "assistant", "content": "was a list."}, "finish_reason": "stop"}],
      "usage": {"prompt_tokens": 9, "completion_tokens": 3}}}]}
```

## Who refuses it
"""

import re
from collections.abc import Iterable, Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import both_ends
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.answer import AnswerSeen
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import MessageSeen
from nexdiag.lint.seen.resent import resent
from nexdiag.lint.seen.view import View

_CUT = frozenset({"length", "max_tokens", "incomplete", "MAX_TOKENS", "max_output_tokens"})
_FEW = 256
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_GO_ON = re.compile(
    r"contin|go on|truncat|cut (?:off|short)|where you (?:left|stopped)|resume|keep going|token limit|incomplete"
    r"|finish",
    re.IGNORECASE,
)


class _Following:
    """The chats of a recording."""

    def take(self, case: Case) -> Iterator[Fault]:
        """Look at the next exchange."""
        found = resent(case)
        if found is None or not found.kept or not _cut(found.before.view.answer):
            return
        at, messages = found.common, case.history.messages
        if at + 1 < len(messages) and _taken(found.before.view, messages[at], messages[at + 1 :]):
            yield _fault(case, found.before.view, at)

    def end(self) -> Iterable[tuple[View, Fault]]:
        """All is told by then."""
        return ()


def _cut(answer: AnswerSeen) -> bool:
    """Whether it says so; the words of other wires are looked at only where chat completions would say it too."""
    return not (answer.plain and answer.told.finish not in _CUT) and answer.reply.finish_reason in _CUT


def _taken(before: View, answer: MessageSeen, behind: list[MessageSeen]) -> bool:
    """Whether the history holds the answer as it was cut, and goes on as if it were whole."""
    reply = before.answer.reply.message
    if answer.role != "assistant" or answer.text.strip() != reply.text.strip():
        return False
    if reply.tool_calls:
        ids = {call.id for call in reply.tool_calls}
        ran = any(call_id in ids for one in behind for call_id in one.answers)
        return ran and bool(answer.calls)
    return bool(reply.text.strip()) and behind[0].role == "user" and _GO_ON.search(behind[0].text) is None


def _fault(case: Case, before: View, at: int) -> Fault:
    limit = next((value for name in _LIMITS if isinstance(value := before.fields.get(name), int)), None)
    reply = before.answer.reply
    cut = "its calls were run" if reply.message.tool_calls else "the chat goes on as if it were whole"
    allowed = "no limit of its own" if limit is None else f"a limit of {limit} tokens"
    return Fault(
        summary=f"messages[{at}] was cut short ({reply.finish_reason}) in exchange {before.exchange}, and {cut}",
        fix="look at the finish reason: ask to go on, raise the limit, or tell the user that the answer is not whole",
        at=at,
        pointer=case.history.pointer(at),
        evidence=(
            f"exchange {before.exchange} ended with {reply.finish_reason}, {allowed}",
            f"its end: {both_ends(reply.message.text, 120)}",
            case.history.messages[at + 1].shown(at + 1),
        ),
        facts={"index": str(at), "before": str(before.exchange)},
        about=(case.history.messages[at].raw,),
        weight=Severity.INFO if limit is not None and limit < _FEW else None,
    )


RULE = Rule(
    name="output-cut-short",
    code="NX975",
    family="loop",
    page=__doc__ or "",
    following=_Following,
    unknown=Severity.WARNING,
    elsewhere=Severity.WARNING,  # no server refuses it
)
