"""Replays → workflow commands of GitHub Actions: annotations, and the page of the step's summary.

Law: what GitHub would leave out is told (report/annotations.py).
"""

from collections.abc import Iterator, Sequence

from nexdiag.core.run import Replayed
from nexdiag.report.annotations import Annotation, commands, no_command
from nexdiag.report.limits import MESSAGE, summary_room
from nexdiag.report.replay import divergence, md
from nexdiag.report.replay.verdict import first_divergences, of_no_turn, sentence, signature, title, word
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count


def whole(done: Sequence[Replayed]) -> str:
    """The annotations, the worst first, and all in a line."""
    told = list(_annotations(done))
    return "\n".join([*commands(told, "nexdiag replay"), no_command(sentence(done))])


def step_summary(done: Sequence[Replayed], *, already: int = 0) -> str:
    """What to append to the file that GITHUB_STEP_SUMMARY names, and that holds `already` bytes; it may be nothing."""
    room = summary_room(already)
    return md.whole(done, limit=room - 1) + "\n" if room else ""


def _annotations(done: Sequence[Replayed]) -> Iterator[Annotation]:
    """One for each thing to know. The same divergence of other recordings is counted, and not shown again."""
    seen: dict[tuple[str, ...], int] = {}
    firsts = [(one, turn) for one in done if one.run is not None for turn in first_divergences(one.run)]
    for _, turn in firsts:
        seen[signature(turn)] = seen.get(signature(turn), 0) + 1
    for one, turn in firsts:
        times = seen.pop(signature(turn), 0)
        if times:
            rows = divergence.lines(turn)
            if times > 1:
                rows.append(f"the same divergence in {count(times - 1, 'more conversation')}")
            yield Annotation("error", one.path, f"{title(turn)} {divergence.short(turn)}", "\n".join(rows))
    for one in done:
        yield from _whole_recording(one)


def _whole_recording(one: Replayed) -> Iterator[Annotation]:
    came = word(one)
    hint = f"hint: {one.hint}" if one.hint else ""
    said = "\n".join(one_line(text, MESSAGE // 2) for text in (one.what, hint) if text)
    if came in ("broken", "failed"):
        yield Annotation("error", one.path, "cannot be replayed" if came == "broken" else "may not pass", said)
    elif came == "nothing":
        yield Annotation("warning", one.path, "nothing to replay", said)
    elif came == "skipped":
        yield Annotation("notice", one.path, "not played", said)
    if one.run is None:
        return
    beside = [turn for turn in one.run.replayed if of_no_turn(turn)]
    yield from (Annotation("warning", one.path, "not checked", one_line(turn.note, 300)) for turn in beside)
    unchecked = [turn for turn in one.run.replayed if turn.outcome == "unchecked" and turn not in beside]
    if unchecked:
        note = one_line(unchecked[0].note, 300)
        yield Annotation("warning", one.path, f"{count(len(unchecked), 'turn')} not checked", note)
    if one.run.cassette.tear:
        yield Annotation("warning", one.path, "the end of the file was not read", one_line(one.run.cassette.tear))
    if one.run.expired and one.run.expired not in one.what:
        yield Annotation("warning", one.path, "expired", one_line(one.run.expired))
    for turn in one.run.replayed:
        if turn.outcome == "mended":
            yield Annotation("notice", one.path, f"{title(turn)} mended", one_line(turn.note))
