"""Reports for the tests of this room: one healthy run and four broken ones, a hostile run, a long run."""

import json
from collections.abc import Sequence

import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.codec.chat import ToolSpec, encode_reply, encode_request, encode_stream
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.core.run import Report, Run
from nexdiag.core.turn import LogLine, ToolRun, Turn

START = 1_795_348_800.0
ORIGIN = "http://127.0.0.1:30000/v1"
URL = ORIGIN + "/chat/completions"
SYSTEM = Message(role="system", content="You are nex, a careful engineer. Answer in short sentences.")
READ = ToolSpec(name="read_file", description="Read a file of the workspace.")
ALTERNATE = (
    "After the optional system message, conversation roles must alternate user/assistant/user/assistant/... "
    "Only user and assistant roles are supported!"
)
HEADERS = (("content-type", "application/json"), ("user-agent", "nex/0.1"), ("authorization", "[redacted]"))


def user(text: str) -> Message:
    return Message(role="user", content=text)


def assistant(text: str) -> Message:
    return Message(role="assistant", content=text)


def call(name: str, arguments: str, id: str = "call_9f") -> Message:  # noqa: A002 - the wire's word
    return Message(role="assistant", tool_calls=(ToolCall(id=id, name=name, arguments=arguments),))


def tool(text: str, id: str = "call_9f") -> Message:  # noqa: A002 - the wire's word
    return Message(role="tool", content=text, tool_call_id=id)


class Tape:
    """Writes exchanges one after the other, sharing messages as a real recording does."""

    def __init__(self, *, model: str = "qwen3-coder", url: str = URL, stream_options: bool = False) -> None:
        self.splitter = Splitter()
        self.model, self.url, self.stream_options = model, url, stream_options
        self.exchanges: list[Exchange] = []

    def ask(self, messages: Sequence[Message], response: Response | None, at: float, turn: int | None, **more: object):  # noqa: ANN201 - a builder
        raw = encode_request(
            messages, model=self.model, max_tokens=16384, tools=(READ,), include_usage=self.stream_options
        )
        duration = response.chunks[-1].at if response and response.chunks else 0.4
        exchange = Exchange(
            id=len(self.exchanges),
            started=START + at,
            request=Request(method="POST", url=self.url, headers=HEADERS, body=self.splitter.split(raw)),
            response=response,
            duration=duration,
            turn=turn,
            **more,
        )
        self.exchanges.append(exchange)
        return exchange


def streamed(
    message: Message, first: float = 0.21, gap: float = 0.06, tokens: tuple[int, int] = (1200, 48)
) -> Response:
    reply = Reply(
        message=message,
        finish_reason="tool_calls" if message.tool_calls else "stop",
        usage=Usage(input_tokens=tokens[0], output_tokens=tokens[1]),
        response_id="chatcmpl-1",
        model="qwen3-coder",
    )
    pieces = list(encode_stream(reply, created=int(START), usage=True))
    chunks = tuple(Chunk(at=round(first + place * gap, 4), bytes=piece) for place, piece in enumerate(pieces))
    headers = (("content-type", "text/event-stream; charset=utf-8"), ("server", "uvicorn"))
    return Response(status=200, headers=headers, chunks=chunks, first_byte=first)


def whole(message: Message) -> Response:
    body = encode_reply(Reply(message=message, finish_reason="stop", usage=Usage(input_tokens=9)), created=1)
    headers = (("content-type", "application/json"),)
    return Response(status=200, headers=headers, chunks=(Chunk(at=0.3, bytes=body),), first_byte=0.3)


def refused(status: int, words: str, at: float = 0.004, kind: str = "application/json") -> Response:
    body = json.dumps({"object": "error", "message": words, "type": "BadRequestError", "code": status}).encode()
    if kind != "application/json":
        body = words.encode()
    return Response(status=status, headers=(("content-type", kind),), chunks=(Chunk(at=at, bytes=body),), first_byte=at)


def log(at: float, text: str, level: str | None = "INFO", turn: int | None = None) -> LogLine:
    return LogLine(at=START + at, text=text, level=level, turn=turn)


def run(name: str, tape: Tape, turns: Sequence[Turn], **more: object) -> Run:
    cassette = Cassette(
        header=Header(tool="nexdiag 0.1.0", created=START, origin=ORIGIN, model=tape.model, profile="sglang"),
        turns=tuple(turns),
        exchanges=tuple(tape.exchanges),
        name=f"cassettes/sglang/{name}.cassette.jsonl",
        tool_runs=more.pop("tool_runs", ()),
        log=more.pop("log", ()),
        tear=more.pop("tear", None),
    )
    return Run(name=name, cassette=cassette, profile="sglang", **more)


def healthy() -> Run:
    tape = Tape()
    said, second = user("What does parse() in reader.py return?"), user("And when the file is empty?")
    ask = call("read_file", '{"path": "reader.py"}')
    seen = tool(
        "def parse(path):\n    lines = open(path).read().splitlines()\n    return [line for line in lines if line]\n"
    )
    first = assistant("`parse` returns the non-empty lines of the file, as a list of strings.")
    last = assistant("Then it returns an empty list: there are no lines to keep.")
    tape.ask([SYSTEM, said], streamed(ask, 0.21), 0.05, 1)
    tape.ask([SYSTEM, said, ask, seen], streamed(first, 0.18, 0.09, (1390, 31)), 1.9, 1)
    tape.ask([SYSTEM, said, ask, seen, first, second], streamed(last, 0.24, 0.08, (1460, 25)), 41.3, 2)
    turns = (
        Turn(number=1, said=said.text, reply=first.text, started=START, duration=3.1),
        Turn(number=2, said=second.text, reply=last.text, started=START + 41.2, duration=1.4),
    )
    ran = ToolRun(
        call_id="call_9f", name="read_file", arguments='{"path": "reader.py"}', output=seen.text,
        started=START + 1.2, duration=0.5, turn=1,
    )  # fmt: skip
    lines = (
        log(0.01, "turn 1 begins, 2 messages", turn=1), log(0.9, "stream ended: tool_calls", turn=1),
        log(1.2, "tool read_file", turn=1), log(3.1, "turn 1 ends: answered", turn=1),
        log(41.2, "turn 2 begins, 6 messages", turn=2), log(42.6, "turn 2 ends: answered", turn=2),
    )  # fmt: skip
    return run("two questions", tape, turns, tool_runs=(ran,), log=lines)


def alternation() -> Run:
    """The founding case: a warning pushed as a second user message."""
    tape = Tape()
    said, second = user("Fix the failing test."), user("Now run it again.")
    answer = assistant("The test compared strings with `is`. I changed it to `==`.")
    warning = user("[context warning] 78% of the window is used. Consider finishing soon.")
    tape.ask([SYSTEM, said], streamed(answer, 0.212), 0.04, 1)
    tape.ask([SYSTEM, said, answer, warning, second], refused(400, ALTERNATE), 6.1, 2)
    tape.ask([SYSTEM, said, answer, warning, second], refused(400, ALTERNATE), 6.9, 2, attempt=2)
    turns = (
        Turn(number=1, said=said.text, reply=answer.text, started=START, duration=1.0),
        Turn(number=2, said=second.text, outcome="failed", error="the model's server refused the request (400)",
             started=START + 6.05, duration=0.9),
    )  # fmt: skip
    lines = (
        log(0.01, "turn 1 begins, 2 messages", turn=1), log(1.0, "turn 1 ends: answered", turn=1),
        log(6.05, "context at 78%: warning pushed", "WARN", 2), log(6.104, f"HTTP 400 {ALTERNATE}", "ERROR", 2),
        log(6.9, "retry 2 of 2", turn=2), log(6.95, "turn 2 ends: failed", "ERROR", 2),
    )  # fmt: skip
    cause = Finding(
        rule="role-alternation", code="NX101", severity=Severity.ERROR,
        summary="messages[3] and messages[4] are both user: this chat template wants user and assistant in turns.",
        location=Location(turn=2, exchange=1, message_index=4, pointer="/messages/4/role"),
        evidence=("messages[3] user: [context warning] 78%…", "messages[4] user: Now run it again.", ALTERNATE),
        fix="Join the warning to the user message that follows it, or put it into the system message.",
        refused=True, server_words=ALTERNATE, repeats=1,
    )  # fmt: skip
    remark = Finding(
        rule="retry-of-deterministic-error", code="NX702", severity=Severity.WARNING,
        summary="Exchange 2 sent the same request again after a refusal that cannot change.",
        location=Location(turn=2, exchange=2), fix="Do not retry a 400.",
    )  # fmt: skip
    return run(
        "context warning", tape, turns, log=lines, findings=(cause, remark),
        expected="the warning is pushed as a second user message",
    )  # fmt: skip


def missing_v1() -> Run:
    tape = Tape(url="http://127.0.0.1:30000/chat/completions")
    tape.ask([SYSTEM, user("hello")], refused(404, "Not Found"), 0.03, 1)
    cause = Finding(
        rule="base-url-missing-v1", code="NX601", severity=Severity.ERROR,
        summary="The request went to /chat/completions: the base URL lacks its version segment.",
        location=Location(turn=1, exchange=0), fix="Set the endpoint to http://127.0.0.1:30000/v1",
        refused=True, server_words="Not Found",
    )  # fmt: skip
    turns = (Turn(number=1, said="hello", outcome="failed", error="404 Not Found", started=START, duration=0.1),)
    return run("base URL without v1", tape, turns, findings=(cause,), expected="-e without /v1")


def colon_model() -> Run:
    words = "The following requested LoRA adapters are not loaded: qwen3-coder"
    tape = Tape(model="local:qwen3-coder")
    tape.ask([SYSTEM, user("hello")], refused(400, words), 0.03, 1)
    cause = Finding(
        rule="model-colon-adapter", code="NX602", severity=Severity.ERROR,
        summary="The model went out as local:qwen3-coder; this server reads what follows the colon as a LoRA adapter.",
        location=Location(turn=1, exchange=0, pointer="/model"), fix='Send "model": "qwen3-coder".',
        refused=True, server_words=words,
    )  # fmt: skip
    turns = (Turn(number=1, said="hello", outcome="failed", error="400", started=START, duration=0.1),)
    return run("model with a provider prefix", tape, turns, findings=(cause,), expected="model local:qwen3-coder")


def stream_options() -> Run:
    words = "body.stream_options: Extra inputs are not permitted"
    tape = Tape(stream_options=True)
    tape.ask([SYSTEM, user("hello")], refused(422, words), 0.03, 1)
    cause = Finding(
        rule="stream-options-unsupported", code="NX501", severity=Severity.ERROR,
        summary="stream_options was sent to a server that refuses it.",
        location=Location(turn=1, exchange=0, pointer="/stream_options"), fix="Leave stream_options out.",
        refused=True, server_words=words,
    )  # fmt: skip
    absent = Finding(
        rule="temperature-not-set", code="NX503", severity=Severity.INFO, summary="No temperature was sent.",
        location=Location(turn=1, exchange=0, pointer="/temperature"),
    )  # fmt: skip
    turns = (Turn(number=1, said="hello", outcome="failed", error="422", started=START, duration=0.1),)
    differences = (Difference(pointer="/stream_options", left={"include_usage": True}, kind="removed", turn=1),)
    return run(
        "stream options", tape, turns, findings=(cause, absent), differences=differences, tear="line 9: cut in a chunk"
    )


def sample_report() -> Report:
    """The demonstration: a healthy run and the four faults of the founding case."""
    runs = (healthy(), alternation(), missing_v1(), colon_model(), stream_options())
    return Report(
        title="The second message broke: four faults behind one symptom", runs=runs, created=START + 60,
        tool="nexdiag 0.1.0", unchecked=("no Session for stream options: session rules skipped",),
    )  # fmt: skip


def single_report(one: Run) -> Report:
    return Report(title=one.name, runs=(one,), created=START, tool="nexdiag 0.1.0")


HOSTILE = (
    "</script><script>document.title='pwned';fetch('https://evil.example/f')</script>",
    "<img src=https://evil.example/x.png onerror=\"document.title='pwned'\">",
    "<style>body{display:none}",
    "![remote](https://evil.example/y.png) javascript:alert(1) {{script}} {{payloads}}",
    "\u202egnp.exe\u202c \x1b[2J\x1b]0;pwned\x07 \x9b31m [bold red]markup[/bold red] [link=https://evil.example]x[/link]",
    "<!--<script>",
    "zero\u200bwidth \ud83d lone \U000e0041tag",
)


ODD_BODY = b'{ "messages": [ null, 3, {"role": 7, "content": {"a": 1}} ] }'


def hostile(remote: str = "https://evil.example", length: int = 1_000_000) -> Run:
    """Every recorded text wants to run, fetch, hide or steer; one message is a single long line."""
    texts = tuple(text.replace("https://evil.example", remote) for text in HOSTILE)
    words = " ".join(texts)
    clean = words.encode("utf-8", "replace").decode()
    tape = Tape(model=clean)
    messages = [
        Message(role="system", content=clean),
        *(user(text.encode("utf-8", "replace").decode()) for text in HOSTILE),
    ]
    tape.ask([*messages, user("A" * length), user("the last message")], streamed(assistant(clean)), 0.1, 1)
    tape.ask([*messages, user("last")], refused(400, clean, kind="text/html"), 2.0, 1)
    odd = Exchange(
        id=2, started=START + 3, duration=float("nan"), turn=None, failure=words,
        request=Request(method="PO\x1bST", url="javascript:alert(1)//" + words, body=Body.of(b"\xff\xfe<script>")),
    )  # fmt: skip
    tape.exchanges.append(odd)
    tape.exchanges.append(
        Exchange(
            id=3, started=START + 3.2, turn=7,
            request=Request(method="POST", url=URL, body=Body.of(ODD_BODY)),
            response=Response(status=200, headers=(("content-type", "text/event-stream"),),
                              chunks=(Chunk(at=0.1, bytes=b"data: {\xff</script>\n\n"),)),
        )
    )  # fmt: skip
    finding = Finding(
        rule=words, code="NX999", severity=Severity.ERROR, summary=words, evidence=texts, fix=words,
        server_words=words,
        location=Location(turn=1, exchange=0, message_index=3, pointer="/" + words), refused=True,
    )  # fmt: skip
    lost = Finding(
        rule="nowhere",
        code="NX000",
        severity=Severity.WARNING,
        summary="",
        location=Location(exchange=99, message_index=10**9),
    )
    turn = Turn(
        number=1, said=words, outcome="failed", error=words, started=START, duration=1e300,
        log=(LogLine(at=float("inf"), text=words, level=words, turn=1),),
    )  # fmt: skip
    lines = (
        LogLine(at=START + 0.2, text=words, level="ERROR", turn=1),
        LogLine(at=float("nan"), text=words, turn=None),
    )
    tools = (
        ToolRun(call_id=words, name=words, arguments=words, output=words, started=START + 1, duration=0.1, turn=1),
    )
    differences = (Difference(pointer=words, left=float("nan"), right={"a": b"\xff", 3: [words]}),)
    return run(words, tape, (turn,), log=lines, tool_runs=tools, findings=(finding, lost), differences=differences,
               tear=words, expected=words)  # fmt: skip


def long_run(turns: int = 300) -> Run:
    """Many answered turns, each resending all before it; one fails."""
    tape = Tape()
    history = [SYSTEM]
    listed: list[Turn] = []
    lines: list[LogLine] = []
    for number in range(1, turns + 1):
        history.append(user(f"Question {number}: what comes next, and why does it?"))
        answer = assistant(f"Answer {number}. " + "It follows from what stood before it. " * 8)
        tape.ask(history, streamed(answer, 0.2, 0.02), number * 4.0, number)
        history.append(answer)
        listed.append(
            Turn(number=number, said=history[-2].text, reply=answer.text, started=START + number * 4.0, duration=0.6)
        )
        lines += [log(number * 4.0 + place / 10, f"line {place}", turn=number) for place in range(5)]
    return run("long", tape, listed, log=tuple(lines))


def logged() -> Run:
    """Every turn was answered; the log tells of a traceback in the first, and the second was not as expected."""
    fine = healthy()
    text = 'it went wrong\nTraceback (most recent call last):\n  File "a.py", line 1\nRuntimeError: no more'
    unmet = LogLine(at=START + 43, text="expected: the answer lacks 'blue'", level="ERROR", source="nexdiag", turn=2)
    lines = (*fine.cassette.log, log(1.5, text, "ERROR", 1), unmet)
    return msgspec.structs.replace(fine, cassette=msgspec.structs.replace(fine.cassette, log=lines))
