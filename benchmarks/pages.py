"""What a page of a long recording weighs, and how soon a real browser shows its first rows.

The recording is of an agent at work: each turn asks, calls a tool, reads a stretch of a file and answers; each request
resends all before it; about 5 kB of unique text a turn, from Python's own library. Opened from disk in headless
Chromium; the time is from the navigation to the paint of the first rows, the lower quartile of nine: what else the
machine does only ever adds. (On a machine that is busy with other work it tells of that work.) The peer in the same run
is the page that everybody writes first: the same texts as one plain JSON, parsed, and a list made of it. Beside it
stands an empty page, which is what the browser itself takes on this machine at this moment, and six times slower.

Budgets: 150 ms at 1000 turns, 300 ms at 10,000, 500 ms at 1000 turns on a processor six times slower, and at most
0.4 of the unique text. Exit 1 where one is missed.

Run it with: nox -s bench        (or: python benchmarks/pages.py [TURNS ...])
"""

import argparse
import json
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from report.browser import Browser, chromium

from nexdiag.codec.chat import encode_message, encode_stream
from nexdiag.core.body import Body, Field, Link
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.core.run import Report, Run
from nexdiag.core.turn import LogLine, Turn
from nexdiag.report.html import render

BUDGETS = {1000: 0.150, 10_000: 0.300}
SLOW = {1000: 0.500}
SLOWED = 6
SHARE = 0.4
TIMES, WARM = 9, 2
BEGAN = 1_795_348_800.0
URL = "http://127.0.0.1:30000/v1/chat/completions"
OUTPUT, ANSWER = 2600, 900
ROWS = 10
LINES = ("request sent", "head received", "tool read_file", "stream ended")


def stretches() -> Iterator[str]:
    """Text that repeats as little as text does: Python's own library, file after file, and then once more backwards."""
    library = Path(sysconfig.get_path("stdlib"))
    files = [file for file in sorted(library.rglob("*.py")) if "site-packages" not in file.parts]
    for step in (1, -1):
        for file in files:
            yield file.read_text("utf-8", "replace")[::step]


class Text:
    """So many characters at a time, never the same twice."""

    def __init__(self) -> None:
        """Begin with the first file."""
        self._files, self._rest = stretches(), ""

    def take(self, size: int) -> str:
        """The next so many characters."""
        while len(self._rest) < size:
            self._rest += next(self._files)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


class Recording:
    """A recording of an agent at work, and how many bytes of it are unique."""

    def __init__(self, turns: int) -> None:
        """Record so many turns."""
        self.text, self.numbers, self.last, self.unique = Text(), count(), None, 0
        self.plain: list[str] = []
        self.exchanges: list[Exchange] = []
        self.log: list[LogLine] = []
        self.turns: list[Turn] = []
        self._say(Message(role="system", content="You are a careful engineer."))
        for number in range(1, turns + 1):
            self._turn(number)
        self.run = Run(
            name=f"{turns} turns", profile="sglang",
            cassette=Cassette(header=Header(created=BEGAN, model="m"), turns=tuple(self.turns),
                              exchanges=tuple(self.exchanges), log=tuple(self.log)),
        )  # fmt: skip

    def _say(self, message: Message) -> None:
        raw = encode_message(message)
        self.last = Link(raw, self.last)
        self._count(raw.decode())

    def _count(self, text: str) -> None:
        self.unique += len(text.encode())
        self.plain.append(text)

    def _turn(self, number: int) -> None:
        at = BEGAN + 9.0 * number
        said = f"Question {number}: " + self.text.take(160)
        self._say(Message(role="user", content=said))
        wish = ToolCall(id=f"call_{number}", name="read_file", arguments=json.dumps({"path": f"src/{number}.py"}))
        self._ask(number, at + 0.01, Message(role="assistant", tool_calls=(wish,)))
        self._say(Message(role="tool", tool_call_id=wish.id, content=self.text.take(OUTPUT)))
        reply = Message(role="assistant", content=self.text.take(ANSWER))
        self._ask(number, at + 3, reply)
        for place in range(6):
            line = f"turn {number}: {LINES[place % len(LINES)]} {place}"
            level = "WARN" if number % 40 == place else "INFO"
            self.log.append(LogLine(at=at + place / 2, text=line, level=level, turn=number))
            self._count(line)
        self.turns.append(Turn(number=number, said=said, reply=reply.text, started=at, duration=6.0))

    def _ask(self, number: int, at: float, answer: Message) -> None:
        size = self.last.depth * 900 if self.last else 0
        body = Body(fields=(Field(key=b'"model"', value=b'"m"'), Field(key=b'"messages"', value=self.last)))
        usage = Usage(input_tokens=size // 4, output_tokens=len(answer.text) // 4 + 20)
        reply = Reply(
            message=answer, finish_reason="stop", usage=usage, response_id=f"chatcmpl-{len(self.exchanges)}", model="m"
        )
        pieces = list(encode_stream(reply, created=int(at), usage=True))
        self._count(b"".join(pieces).decode())
        gap = 0.02 + (number % 7) / 500
        chunks = tuple(Chunk(at=round(0.2 + place * gap, 4), bytes=piece) for place, piece in enumerate(pieces))
        head = (("content-type", "text/event-stream"), ("x-request-id", f"{len(self.exchanges):032x}"))
        response = Response(status=200, headers=head, chunks=chunks, first_byte=0.2)
        request = Request(method="POST", url=URL, headers=(("content-type", "application/json"),), body=body)
        one = Exchange(
            id=len(self.exchanges), started=at, request=request, response=response, duration=chunks[-1].at, turn=number
        )
        self.exchanges.append(one)
        self._say(answer)


PEER = """<!doctype html><meta charset=utf-8><ol id=list></ol>
<script type="application/json" id=texts>{texts}</script><script>
for (const text of JSON.parse(document.getElementById("texts").textContent)) {{
  const row = document.createElement("li"); row.textContent = text; document.getElementById("list").append(row);
}}
requestAnimationFrame(() => setTimeout(() => performance.mark("first-rows")));
</script>"""


def opened(browser: Browser, page: Path, times: int = TIMES, warm: int = WARM) -> tuple[float, float]:
    """Seconds until the first rows are painted; megabytes of script heap then."""
    taken: list[float] = []
    for _ in range(warm):  # for nothing: a browser that has just started is still busy with itself
        browser.open(page)
        browser.until("performance.getEntriesByName('first-rows').length")
    for _ in range(times):
        browser.open(page)
        browser.until("performance.getEntriesByName('first-rows').length")
        taken.append(browser.run("performance.getEntriesByName('first-rows')[0].startTime") / 1000)
    rows = browser.run("document.querySelectorAll('[role=option], #list > li').length")
    if rows < ROWS and "bare" not in page.name:
        raise SystemExit(f"the page shows {rows} rows")
    heap = browser.run("performance.memory.usedJSHeapSize") / 1e6
    return (statistics.quantiles(taken, n=4)[0] if len(taken) > 1 else taken[0]), heap


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description="Page size and time to the first rows.")
    parser.add_argument("turns", nargs="*", type=int, default=[1000, 10_000])
    program = chromium()
    if program is None:
        print("wanted chromium, found none: nothing was measured")
        return 1
    missed: list[str] = []
    print(
        "turns    made in    unique    page    share    first rows    x6 slower    heap    plain JSON page: size, rows"
        "    empty page: rows, x6 slower"
    )
    with tempfile.TemporaryDirectory() as place:
        for turns in parser.parse_args().turns:
            missed += measure(turns, Path(place), program)
    for miss in missed:
        print("missed:", miss)
    return 1 if missed else 0


def measure(turns: int, place: Path, program: str) -> list[str]:
    """One recording's row of the table, and the budgets that it missed."""
    recording = Recording(turns)
    began = time.process_time()
    written = render(Report(title="bench", runs=(recording.run,)))
    made = time.process_time() - began
    page, peer, bare = (place / name for name in ("page.html", "peer.html", "bare.html"))
    bare.write_text(PEER.format(texts="[]"), "utf-8")
    page.write_text(written, "utf-8")
    peer.write_text(PEER.format(texts=json.dumps(recording.plain).replace("<", "\\u003c")), "utf-8")
    browser = Browser(program, patience=300)
    try:
        browser.window(1300, 900)
        browser.send("Network.disable")  # it would decode the whole file once more, for a panel that nobody has open
        first, heap = opened(browser, page)
        browser.send("Emulation.setCPUThrottlingRate", rate=SLOWED)
        slow, _ = opened(browser, page)
        slow_floor, _ = opened(browser, bare)
        browser.send("Emulation.setCPUThrottlingRate", rate=1)
        theirs, _ = opened(browser, peer, 1, 0)
        floor, _ = opened(browser, bare)
    finally:
        browser.close()
    weight, peers = page.stat().st_size, peer.stat().st_size
    share = weight / recording.unique
    sizes = f"{recording.unique / 1e6:4.1f} MB    {weight / 1e6:4.1f} MB    {share:.2f} "
    times = f"{first * 1e3:6.0f} ms    {slow * 1e3:6.0f} ms    {heap:3.1f} MB"
    beside = f"{peers / 1e6:.1f} MB, {theirs * 1e3:.0f} ms    {floor * 1e3:.0f} ms, {slow_floor * 1e3:.0f} ms"
    print(f"{turns:>5}    {made:5.1f} s    {sizes}   {times}    {beside}")
    budgets = [
        ("first rows", first, BUDGETS.get(turns)),
        ("first rows, slowed", slow, SLOW.get(turns)),
        ("share", share, SHARE),
    ]
    return [
        f"{name} at {turns} turns: {value:.3f}, wanted {wanted}"
        for name, value, wanted in budgets
        if wanted and value > wanted
    ]


if __name__ == "__main__":
    raise SystemExit(main())
