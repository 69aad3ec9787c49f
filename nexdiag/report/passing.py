"""What a recording tells while it is made: a line for each exchange, and how it came out in the end. Pure.

Law: what is handed in is without its secrets already; what a terminal would obey is made visible here.
"""

from collections.abc import Sequence

import msgspec

from nexdiag.core.finding import Finding
from nexdiag.report.visible import both_ends, one_line
from nexdiag.report.wording import count, seconds, tokens

_GAP = "   "
_PATH = 80
_WORDS = 160
"""Of a refusal: enough for the beginning, and for the sentence that a template ends with."""
_SUMMARY = 300
_NAME = 40
_COMMAND = 60
_CALLS = 4
"""Names of tools that a line shows; the others are counted."""
_FINDINGS = 5
_KILO = 1000
_BLANK = " " * len("turn 1")


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """One round trip as its line tells it."""

    method: str
    path: str
    status: int | None = None
    """None if no answer came."""
    turn: int | None = None
    session: str = ""
    messages: int = 0
    """How many it sent; 0 if it sent no conversation."""
    tokens: int = 0
    """Of the request, as the server counted them; 0 where it did not tell."""
    chunks: int | None = None
    """The pieces of a streamed answer; None for one that came whole."""
    first_byte: float = 0.0
    duration: float = 0.0
    calls: tuple[str, ...] = ()
    """The tools that the answer calls."""
    refusal: str | None = None
    """Why it did not succeed, in the words of server or transport."""


def line(one: Passed, *, opens: bool = True) -> str:
    """One line: `turn 1   POST /v1/chat/completions   3 msgs   1.2k tok   41 chunks   first 212 ms   1.9 s   → add`.

    `opens`: it is the first of its turn, and names it.
    """
    parts = [_turn(one) if opens and one.turn is not None else _BLANK]
    parts += [f"{one_line(one.method, 10)} {one_line(one.path, _PATH)}"]
    parts += [count(one.messages, "msg")] if one.messages else []
    parts += [f"{tokens(one.tokens)} tok"] if one.tokens else []
    if one.refusal is not None:
        return _GAP.join([*parts, f"✗ {_refused(one)}"])
    parts += [count(one.chunks, "chunk"), f"first {seconds(one.first_byte)}"] if one.chunks is not None else []
    parts += [seconds(one.duration)]
    return _GAP.join([*parts, f"→ {_called(one.calls)}"] if one.calls else parts)


def _turn(one: Passed) -> str:
    return f"turn {one.turn}" if not one.session else f"chat {one_line(one.session, 20)} turn {one.turn}"


def _refused(one: Passed) -> str:
    words = both_ends(one.refusal or "", _WORDS)
    return words if one.status is None else f'{one.status} "{words}"'


def _called(calls: Sequence[str]) -> str:
    more = len(calls) - _CALLS
    return ", ".join(one_line(name, _NAME) for name in calls[:_CALLS]) + (f" and {more} more" if more > 0 else "")


def recording(address: str, upstream: str, command: Sequence[str], pid: int) -> str:
    """The first line: who passes where. Both addresses are URLs."""
    return _GAP.join([f"● recording   {_host(address)} → {_host(upstream)}", f"{called(command)} (pid {pid})"])


def _host(url: str) -> str:
    """Host and port of a URL: neither its credentials nor its path."""
    return one_line(url.split("://", 1)[-1].split("/", 1)[0].split("?", 1)[0].rpartition("@")[2], _COMMAND)


def program(command: Sequence[str]) -> str:
    """The program as it was called; its arguments may hold anything."""
    return one_line(command[0], _COMMAND)


def called(command: Sequence[str]) -> str:
    """The program's name, without the folders that lead to it; `./my-agent` stays."""
    folder, _, name = command[0].rpartition("/")
    return one_line(command[0] if folder in ("", ".") or not name else name, _COMMAND)


def ended(command: Sequence[str], *, code: int, signal: str | None, turn: int | None, took: float) -> str:
    """`✗ ./my-agent exited 1 in turn 2, after 6.1 s`."""
    how = f"was ended by {signal}" if signal is not None else f"exited {code}"
    where = f" in turn {turn}" if turn is not None and (code or signal) else ""
    return f"{'✗' if code or signal else '✓'} {called(command)} {how}{where}, after {seconds(took)}"


def saved(path: str, *, size: int, exchanges: int, log_lines: int, secrets: int) -> str:
    """`saved FILE   18 kB · 3 exchanges · 57 log lines · 1 secret redacted`."""
    parts = [_size(size), count(exchanges, "exchange")]
    parts += [count(log_lines, "log line")] if log_lines else []
    parts += [f"{count(secrets, 'secret')} redacted"] if secrets else []
    return f"saved {one_line(path)}{_GAP}{' · '.join(parts)}"


def found(findings: Sequence[Finding]) -> list[str]:
    """A line for each finding, the cause first; a long list is cut and counted."""
    rows = [
        f"{one.severity} {one.code} {one.rule}{_GAP}{both_ends(one.summary, _SUMMARY)}" for one in findings[:_FINDINGS]
    ]
    more = len(findings) - _FINDINGS
    return rows + ([f"and {count(more, 'more finding')}"] if more > 0 else [])


def _size(number: int) -> str:
    """`812 B`, `18 kB`, `1.2 MB`."""
    if number < _KILO:
        return f"{number} B"
    if number < _KILO**2:
        return f"{number / _KILO:.0f} kB"
    return f"{number / _KILO**2:.1f} MB"
