"""Lines of logs ⇄ what they say: time, level, words. Pure. The formats of model servers, and of what keeps their logs.

    2026-05-20T14:03:11.482Z [INFO] message                      the reference executor's, and ours
    2026-05-20 14:03:11,482 - name - INFO - message              Python's logging, in its usual forms
    INFO 05-20 14:03:11 [api_server.py:123] message              vLLM
    [2026-05-20 14:03:11 TP0] INFO: message                      SGLang
    INFO:     127.0.0.1:1 - "POST /v1/... HTTP/1.1" 200 OK       uvicorn (no time)
    0.01.234.567 I srv  log_server_r: request: ...               llama.cpp (time since its start)
    May 20 14:03:11 host unit[12]: message                       syslog, journalctl
    <34>1 2026-05-20T14:03:11.003Z host unit 12 - - message      syslog, RFC 5424
    {"ts": 1779285791.4, "level": "info", "msg": "message"}      JSON lines
    2026-05-20T14:03:11.482123456Z ...                           docker logs --timestamps, before any of these

Law: nothing here raises. What has no format that is known is all words, and has neither time nor level.
"""

import re
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.lenient import fields, read, words
from nexdiag.codec.logtime import Stamp, of_number, of_parts, of_text, since_start
from nexdiag.core.turn import LogLine

_LEVELS = {
    "T": "DEBUG", "TRACE": "DEBUG", "D": "DEBUG", "DEBUG": "DEBUG", "DBG": "DEBUG", "VERBOSE": "DEBUG",
    "I": "INFO", "INFO": "INFO", "INF": "INFO", "NOTICE": "INFO",
    "W": "WARN", "WARN": "WARN", "WARNING": "WARN", "WRN": "WARN",
    "E": "ERROR", "ERR": "ERROR", "ERROR": "ERROR",
    "F": "FATAL", "FATAL": "FATAL", "CRITICAL": "FATAL", "CRIT": "FATAL", "PANIC": "FATAL", "ALERT": "FATAL",
    "EMERG": "FATAL", "EMERGENCY": "FATAL",
}  # fmt: skip
_NAMES = "|".join(sorted((name for name in _LEVELS if len(name) > 1), key=len, reverse=True))
_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"
_OURS = re.compile(rf"({_ISO}) \[(INFO|WARN|ERROR|FATAL)\] (.*)", re.DOTALL)
_STAMPED = re.compile(rf"\[?({_ISO})((?: [A-Z]{{2}}\d+)*)\]?(?:\s+|$)(.*)", re.DOTALL)
_SLASHED = re.compile(r"(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))? (.*)", re.DOTALL)
_PREFIX = r"(?:\([\w=. ]+\)\s*)*"
_VLLM = re.compile(
    rf"({_PREFIX})({_NAMES}) (?:(\d{{4}})-)?(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:[.,](\d+))?\s+(.*)", re.DOTALL
)
_SYSLOG = re.compile(
    r"(?:<(\d{1,3})>)?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d+))? "
    r"\S+ ([^\s:\[]+(?:\[\d+\])?): ?(.*)",
    re.DOTALL,
)
_RFC5424 = re.compile(
    rf"<(\d{{1,3}})>1 ({_ISO}|-) \S+ (\S+) (\S+) \S+ (?:-|(?:\[[^\]]*\])+)(?: \ufeff?(.*))?", re.DOTALL
)
_HOSTED = re.compile(r"[\w.-]+ ([\w.@/-]+(?:\[\d+\])): ?(.*)", re.DOTALL)
_KERNEL = re.compile(r"(\d{1,9})\.(\d\d)\.(\d{3})\.(\d{3}) (?:([TDIWEF]) )?(.*)", re.DOTALL)
_LEVEL_FIRST = re.compile(rf"(?:\[({_NAMES})\]|({_NAMES})(?=[:\s|\]-]))\s*[:|-]?\s*(.*)", re.DOTALL | re.IGNORECASE)
_LEVEL_WITHIN = re.compile(
    rf"((?:\[[\w. :/-]{{1,60}}\]\s*|[\w.]{{1,60}}\s*[-|:]\s+|\[[\w.]+:\d+\]\s*){{1,3}})"
    rf"(?:\[({_NAMES})\]|({_NAMES}))(?=[:\s|\]-]|$)\s*[:|-]?\s*(.*)",
    re.DOTALL,
)
_COMPOSE = re.compile(r"([\w.-]{1,60}) +\| (.*)", re.DOTALL)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SEVERITIES = ("FATAL", "FATAL", "FATAL", "ERROR", "WARN", "INFO", "INFO", "DEBUG")
_TIMES = ("ts", "time", "timestamp", "@timestamp", "asctime", "datetime", "date", "t")
_LEVEL_KEYS = ("level", "lvl", "severity", "levelname", "log.level", "loglevel", "l")
_WORDS = ("msg", "message", "event", "text", "log", "m")
_NUMBERED = ((10, "DEBUG"), (20, "DEBUG"), (30, "INFO"), (40, "WARN"), (50, "ERROR"), (60, "FATAL"))
"""Bunyan's and pino's levels; Python's numbers would mean other names, but nobody writes those into JSON."""


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """What a line says."""

    text: str
    stamp: Stamp | None = None
    """None where the line has no time."""
    level: str | None = None
    known: bool = False
    """Whether it is in a format that is known: it begins something new, and does not go on with the line before."""


def parse(line: str, now: float) -> Spoken:
    """Read one line; `now` tells the year where the line does not."""
    plain = _COLOURS.sub("", line).rstrip("\r\n")
    read_ = next((found for form in _FORMS if (found := form(plain, now)) is not None), None)
    return read_ or Spoken(text=plain)


def reference(line: str) -> LogLine | None:
    """A line of the reference executor's daemon, or of ours; None for any other text."""
    found = _OURS.fullmatch(line.rstrip("\n"))
    stamp = of_text(found[1]) if found else None
    if found is None or stamp is None:
        return None
    return LogLine(at=stamp.at, level=found[2], text=found[3])


def encode(line: LogLine) -> str:
    """The line as the reference executor's daemon writes it, without its end."""
    return f"{Stamp(at=line.at).text()} [{line.level or 'INFO'}] {line.text}"


def _ours(line: str, now: float) -> Spoken | None:  # noqa: ARG001 - the shape of a format
    found = _OURS.fullmatch(line)
    stamp = of_text(found[1]) if found else None
    return None if found is None else _spoken(found[3], stamp, found[2])


def _stamped(line: str, now: float) -> Spoken | None:
    """A time first, and then a line in a format of its own: docker's, journalctl's."""
    found = _STAMPED.fullmatch(line)
    stamp = of_text(found[1]) if found else None
    if found is None or stamp is None:
        return None
    inner = next((spoken for form in _INNER if (spoken := form(found[3], now)) is not None), None)
    if inner is None:
        return _dated(line, now)
    if inner.stamp is None or (stamp.zoned and not inner.stamp.zoned):
        inner = msgspec.structs.replace(inner, stamp=stamp)
    return msgspec.structs.replace(inner, text=f"{found[2].strip()} {inner.text}".lstrip())


def _dated(line: str, now: float) -> Spoken | None:  # noqa: ARG001 - the shape of a format
    """A time first, and then words, with a level somewhere near."""
    found = _STAMPED.fullmatch(line)
    if found is None:
        return None
    rest = found[3].lstrip("-|: ")
    hosted = _HOSTED.fullmatch(rest)
    level, text = _level(hosted[2] if hosted else rest)
    text = f"{hosted[1]}: {text}" if hosted else text
    return _spoken(f"{found[2].strip()} {text}".lstrip(), of_text(found[1]), level)


def _slashed(line: str, now: float) -> Spoken | None:  # noqa: ARG001 - the shape of a format
    """Go's log, nginx's."""
    found = _SLASHED.fullmatch(line)
    if found is None:
        return None
    stamp = of_parts(*(int(found[place]) for place in range(1, 7)), fraction=found[7])
    level, text = _level(found[8])
    return _spoken(text, stamp, level)


def _vllm(line: str, now: float) -> Spoken | None:
    found = _VLLM.fullmatch(line)
    if found is None:
        return None
    year = int(found[3]) if found[3] else None
    stamp = of_parts(year, *(int(found[place]) for place in range(4, 9)), fraction=found[9], now=now)
    return _spoken(found[1] + found[10], stamp, _LEVELS[found[2]])


def _syslog(line: str, now: float) -> Spoken | None:
    found = _SYSLOG.fullmatch(line)
    if found is None:
        return None
    month = _MONTHS.index(found[2]) + 1
    clock = (int(found[place]) for place in range(3, 7))
    stamp = of_parts(None, month, *clock, fraction=found[7], now=now)
    level, text = _level(found[9])
    told = _severity(found[1]) if found[1] else level
    return _spoken(f"{found[8]}: {text}", stamp, told)


def _rfc5424(line: str, now: float) -> Spoken | None:  # noqa: ARG001 - the shape of a format
    found = _RFC5424.fullmatch(line)
    if found is None:
        return None
    stamp = of_text(found[2])
    unit = found[3] + (f"[{found[4]}]" if found[4] != "-" else "")
    return Spoken(text=f"{unit}: {found[5] or ''}", stamp=stamp, level=_severity(found[1]), known=True)


def _llama(line: str, now: float) -> Spoken | None:  # noqa: ARG001 - the shape of a format
    found = _KERNEL.fullmatch(line)
    if found is None:
        return None
    minutes, seconds, milli, micro = (int(found[place]) for place in range(1, 5))
    stamp = since_start(minutes * 60 + seconds + milli / 1e3 + micro / 1e6)
    return Spoken(text=found[6], stamp=stamp, level=_LEVELS.get(found[5] or "I"), known=True)


def _json(line: str, now: float) -> Spoken | None:  # noqa: ARG001 - the shape of a format
    if not (line.startswith("{") and line.rstrip().endswith("}")):
        return None
    try:
        value = fields(read(line))
    except ValueError:
        return None
    found = {name: key for name, keys in _JSON.items() if (key := _first(value, keys)) is not None}
    if "text" not in found or len(found) == 1:
        return None
    stamp, level = _json_time(value.get(found.get("at", ""))), _json_level(value.get(found.get("level", "")))
    rest = {key: entry for key, entry in value.items() if key not in found.values()}
    text = words(value[found["text"]])
    return Spoken(text=f"{text} {_written(rest)}" if rest else text, stamp=stamp, level=level, known=True)


def _compose(line: str, now: float) -> Spoken | None:
    """`service-1  | line`: what docker compose puts before each."""
    found = _COMPOSE.fullmatch(line)
    if found is None:
        return None
    inner = next((spoken for form in (_dated, *_INNER) if (spoken := form(found[2], now)) is not None), None)
    if inner is None:
        return None
    return msgspec.structs.replace(inner, text=f"{found[1]} | {inner.text}")


def _bare(line: str, now: float) -> Spoken | None:  # noqa: ARG001 - the shape of a format
    """A level first, and no time: uvicorn, many scripts."""
    found = _LEVEL_FIRST.fullmatch(line)
    name = (found[1] or found[2]) if found else ""
    colon = line[len(name) : len(name) + 1] == ":" and name != "panic"  # which is Go's, and more than a line
    if found is None or not (name.isupper() or found[1] or colon):
        return None  # `Error handling in Go` is prose
    return Spoken(text=found[3], level=_LEVELS[name.upper()], known=True)


_JSON = {"at": _TIMES, "level": _LEVEL_KEYS, "text": _WORDS}
_INNER = (_ours, _vllm, _syslog, _rfc5424, _dated, _slashed, _llama, _json, _bare)
_FORMS = (_ours, _vllm, _syslog, _rfc5424, _stamped, _slashed, _llama, _json, _bare, _compose)


def _spoken(text: str, stamp: Stamp | None, level: str | None) -> Spoken | None:
    """A line in a known format; None where its time is none, as on the 31st of February."""
    return None if stamp is None else Spoken(text=text, stamp=stamp, level=level, known=True)


def _level(text: str) -> tuple[str | None, str]:
    """The level at the beginning of a line, or after a name or two; and the line without it."""
    found = _LEVEL_FIRST.fullmatch(text)
    if found is not None and (found[1] or found[2].isupper()):
        return _LEVELS[(found[1] or found[2]).upper()], found[3]
    within = _LEVEL_WITHIN.fullmatch(text)
    if within is None:
        return None, text
    before = re.sub(r"[\s|-]+$", "", within[1])
    return _LEVELS[(within[2] or within[3]).upper()], f"{before}: {within[4]}".lstrip(": ")


def _severity(priority: str) -> str:
    return _SEVERITIES[int(priority) % 8]


def _first(value: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((key for key in keys if isinstance(value.get(key), str | int | float)), None)


def _json_time(value: object) -> Stamp | None:
    return of_text(value) if isinstance(value, str) else of_number(value) if isinstance(value, int | float) else None


def _json_level(value: object) -> str | None:
    if isinstance(value, str):
        return _LEVELS.get(value.strip().upper())
    if isinstance(value, int | float):
        return next((name for most, name in _NUMBERED if value <= most), None)
    return None


def _written(rest: dict[str, Any]) -> str:
    try:
        return jsontext.write(rest).decode()
    except ValueError:
        return ""
