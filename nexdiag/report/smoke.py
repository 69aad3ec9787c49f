"""A live smoke as plain lines: each message as it is settled, and the verdict at the end. No colour, no width.

Law: the verdict names the first turn that broke, why, and the finding that explains it; what was not checked is told.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from nexdiag.core.finding import Finding
from nexdiag.core.run import Run
from nexdiag.core.scenario import Scenario, Spoken
from nexdiag.report.visible import both_ends, one_line
from nexdiag.report.wording import count, seconds, tokens

_SAID, _CAME = 34, 46
_WHY = 300
_KILLED = "killed"
_DONE = {"cancelled": "cancelled on purpose", _KILLED: "daemon killed on purpose"}


def heading(scenario: Scenario, endpoint: str, model: str) -> str:
    """What is about to be played, and where."""
    chats = f" in {scenario.repeat} chats" if scenario.repeat > 1 else ""
    tools = f"   tools {one_line(', '.join(scenario.tools))}" if scenario.tools else ""
    name, said = one_line(scenario.name, 60), count(scenario.messages, "message")
    return f"● {name}   {said}{chats} → {one_line(endpoint)}   {one_line(model, 60)}{tools}"


def line(number: int, said: str, reply: str | None, error: str | None, seconds_: float) -> str:
    """One message, where nothing was expected of it."""
    mark, text = ("✓", reply) if reply is not None else ("✗", error)
    talk = f"{one_line(said, _SAID):<{_SAID}} → {one_line(text or '', _CAME):<{_CAME}}"
    return f"  turn {number} {mark} {talk} {seconds_:5.2f} s"


def spoken(one: Spoken, *, chats: bool = False) -> str:
    """One message as it is settled, and below it what did not hold. `chats`: whether to say in which chat it was."""
    mark = "✓" if one.ok else "✗"
    came = one.reply if one.reply is not None else one.error
    talk = f"{one_line(one.said, _SAID):<{_SAID}} → {one_line(came or '', _CAME):<{_CAME}}"
    head = f"  {_place(one, chats=chats)} {mark} {talk}"
    rows = [f"{head}   {'   '.join(_facts(one))}".rstrip()]
    rows += [f"      ✗ {one_line(text, _WHY)}" for text in one.unmet]
    rows += [f"      ? not checked: {one_line(text, _WHY)}" for text in one.unchecked]
    return "\n".join(rows)


def _facts(one: Spoken) -> Iterator[str]:
    """Tools, tokens, pieces, times: as far as somebody told them."""
    for name, times in Counter(one.tools).items():
        yield f"→ {one_line(name, 60)}" + (f" ×{times}" if times > 1 else "")
    if one.together > 1:
        yield f"{one.together} at once"
    if one.input_tokens or one.output_tokens:
        yield f"{tokens(one.input_tokens)} + {tokens(one.output_tokens)} tok"
    if one.pieces:
        yield count(one.pieces, "piece")
    if one.first is not None:
        yield f"first {seconds(one.first)}"
    yield seconds(one.seconds)
    if one.done:
        yield _DONE.get(one.done, one.done)


def _place(one: Spoken, *, chats: bool) -> str:
    where = f"turn {one.turn}" if one.turn else f"message {one.number}"
    return f"chat {one.chat} {where}" if chats else where


def verdict(
    scenario: Scenario, said: Sequence[Spoken], runs: Sequence[Run], *, files: Sequence[str], interrupted: bool = False
) -> str:
    """How it came out, in a line; the finding that explains it; what was not checked; what was saved, and where."""
    broken = next((one for one in said if not one.ok), None)
    finding = _explaining(broken, runs)
    chats = scenario.repeat > 1
    name, done = one_line(scenario.name, 60), f"{len(said)} of {count(scenario.messages, 'message')}"
    if broken is not None:
        rows = [f"✗ {name} broke in {_place(broken, chats=chats)}: {one_line(broken.unmet[0], _WHY)}"]
        others = sum(not one.ok for one in said) - 1
        rows += [f"  and in {count(others, 'later turn')}"] if others else []
    elif interrupted:
        rows = [f"✗ {name} was interrupted: {done} said and recorded"]
    elif finding is not None:
        rows = [f"✗ {name}: every expectation held, but {finding.code} {finding.rule} was found"]
    else:
        rows = [f"✓ {name}: {done}, every expectation held"]
    if broken is not None and interrupted:
        rows.append(f"  interrupted: {done} said and recorded")
    rows += list(_explained(finding)) if finding is not None else []
    rows += [
        f"  not checked: {_place(one, chats=chats)}: {one_line(text, _WHY)}" for one in said for text in one.unchecked
    ]
    rows += [f"  saved {one_line(file, 400)}   {_held(run)}" for file, run in zip(files, runs, strict=True)]
    return "\n".join(rows)


def _explaining(broken: Spoken | None, runs: Sequence[Run]) -> Finding | None:
    """The finding to name: one in the turn that broke goes before all others; an error before a warning."""
    weighty = [finding for run in runs for finding in run.findings if finding.weighs]
    where = broken.turn if broken is not None else None
    here = [finding for finding in weighty if finding.location.turn == where]
    return next(iter(here or weighty), None)


def _explained(finding: Finding) -> Iterator[str]:
    where = str(finding.location)
    yield f"  {finding.code} {finding.rule}   {where}".rstrip()
    yield f"    {one_line(finding.summary, _WHY)}"
    if finding.server_words:
        yield f"    the server: {both_ends(finding.server_words, _WHY)}"
    if finding.fix:
        yield f"    fix: {one_line(finding.fix, _WHY)}"


def _held(run: Run) -> str:
    cassette = run.cassette
    held = [count(len(cassette.turns), "turn"), count(len(cassette.exchanges), "exchange")]
    return " · ".join([*held, count(len(cassette.log), "log line"), count(len(run.findings), "finding")])


def listed(scenarios: Sequence[Scenario]) -> str:
    """The library: a name, how much is said, with which tools, and what for."""
    width = max((len(one.name) for one in scenarios), default=0)
    rows = []
    for one in scenarios:
        tools = f" Tools: {', '.join(one.tools)}." if one.tools else ""
        rows.append(f"{one.name:<{width}}   {count(one.messages, 'message'):<12}   {one.about}{tools}")
    return "\n".join(one_line(row, 400) for row in rows)


def checked(scenario: Scenario, source: str) -> str:
    """A scenario that is valid, and was not played."""
    tools = ", ".join(scenario.tools) or "none"
    said = f"{count(scenario.messages, 'message')} in {count(scenario.repeat, 'chat')}"
    return f"✓ {one_line(source, 400)}: {one_line(scenario.name, 60)}, {said}, tools: {one_line(tools)}"
