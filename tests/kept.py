"""Small recordings, made of words: what tests of `nexdiag cassette` look at."""

import json
from collections.abc import Sequence
from typing import Any

from msgspec import structs

from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.message import Usage
from nexdiag.core.turn import LogLine, ToolRun, Turn

URL = "http://127.0.0.1:8080/v1/chat/completions"
NOON = 1779278400.0
SYSTEM = {"role": "system", "content": "Be brief."}
CALL = {"id": "call_9f", "type": "function", "function": {"name": "bash", "arguments": '{"command":"date"}'}}


def stream(*texts: str, calls: Sequence[dict[str, Any]] = (), finish: str = "stop") -> list[bytes]:
    """The pieces of a streamed answer."""
    deltas: list[dict[str, Any]] = [{"content": text} for text in texts]
    deltas += [{"tool_calls": [{"index": 0} | call]} for call in calls]
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": finish})
    rows = [{"id": "chatcmpl-1", "choices": [choice]} for choice in choices]
    rows.append({"id": "chatcmpl-1", "choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 3}})
    return [f"data: {json.dumps(row)}\n\n".encode() for row in rows] + [b"data: [DONE]\n\n"]


_CALLING = stream(calls=[CALL], finish="tool_calls")


def asked(messages: Sequence[dict[str, Any]], splitter: Splitter, *, url: str = URL, **fields: Any) -> Request:  # noqa: ANN401 - fields of a body
    """A request as a client sends it."""
    body = json.dumps({"model": "m"} | fields | {"messages": list(messages)}, separators=(",", ":")).encode()
    headers = (("content-type", "application/json"), ("authorization", "[redacted 5b1c3f0a]"))
    return Request(method="POST", url=url, headers=headers, body=splitter.split(body))


def answered(*pieces: bytes, status: int = 200, kind: str = "text/event-stream") -> Response:
    """A response in pieces, one every ten milliseconds."""
    chunks = tuple(Chunk(at=0.1 + 0.01 * number, bytes=piece) for number, piece in enumerate(pieces))
    return Response(status=status, headers=(("content-type", kind),), chunks=chunks, first_byte=0.1)


def recording(*said: str, session: str = "", start: float = NOON) -> Cassette:
    """A chat: each text is a turn, answered with the text in capitals. Turn 2 runs a tool first."""
    splitter, history = Splitter(), [SYSTEM]
    turns: list[Turn] = []
    exchanges: list[Exchange] = []
    for number, text in enumerate(said, start=1):
        at = start + 10 * number
        history.append({"role": "user", "content": text})
        own: list[Exchange] = []
        runs: list[ToolRun] = []
        if number == 2:
            own.append(_exchange(len(exchanges), at, number, asked(history, splitter, stream=True), _CALLING))
            run = ToolRun(
                call_id="call_9f", name="bash", arguments='{"command":"date"}', output="Thu\n", started=at + 1
            )
            runs.append(structs.replace(run, turn=number, duration=0.5))
            history.append({"role": "assistant", "content": None, "tool_calls": [CALL]})
            history.append({"role": "tool", "tool_call_id": "call_9f", "content": "Thu\n"})
        pieces = stream(text.upper()[:2], text.upper()[2:])
        own.append(_exchange(len(exchanges) + len(own), at + 2, number, asked(history, splitter, stream=True), pieces))
        history.append({"role": "assistant", "content": text.upper()})
        exchanges += own
        line = LogLine(at=at + 3, text=f"Turn {number} answered in 0.{number}0s", level="INFO", turn=number)
        turn = Turn(
            number=number, said=text, reply=text.upper(), started=at, duration=3.0, usage=Usage(input_tokens=12)
        )
        turns.append(structs.replace(turn, exchanges=tuple(own), tool_runs=tuple(runs), log=(line,)))
    return _of_session(Cassette(header=_HEADER, turns=tuple(turns)), session)


_HEADER = Header(tool="nexdiag 0.1.0", created=NOON, origin="http://127.0.0.1:8080/v1", model="m", profile="llama.cpp")


def both(first: Cassette, second: Cassette) -> Cassette:
    """Two conversations in one recording; the exchanges of the second are counted on."""
    on = len(first.exchanges)
    turns = tuple(
        structs.replace(turn, exchanges=tuple(structs.replace(one, id=one.id + on) for one in turn.exchanges))
        for turn in second.turns
    )
    return _gathered(structs.replace(first, turns=first.turns + turns))


def with_exchange(cassette: Cassette, exchange: Exchange) -> Cassette:
    """The recording with an exchange that belongs to no turn."""
    return structs.replace(cassette, exchanges=(*cassette.exchanges, exchange))


def _exchange(number: int, at: float, turn: int, request: Request, pieces: list[bytes]) -> Exchange:
    return Exchange(id=number, started=at, request=request, response=answered(*pieces), duration=0.5, turn=turn)


def _of_session(cassette: Cassette, session: str) -> Cassette:
    turns = tuple(
        structs.replace(
            turn,
            session=session,
            exchanges=tuple(structs.replace(one, session=session) for one in turn.exchanges),
            tool_runs=tuple(structs.replace(one, session=session) for one in turn.tool_runs),
            log=tuple(structs.replace(one, session=session) for one in turn.log),
        )
        for turn in cassette.turns
    )
    return _gathered(structs.replace(cassette, turns=turns))


def _gathered(cassette: Cassette) -> Cassette:
    """The recording with all that its turns hold."""
    return structs.replace(
        cassette,
        exchanges=tuple(one for turn in cassette.turns for one in turn.exchanges),
        tool_runs=tuple(one for turn in cassette.turns for one in turn.tool_runs),
        log=tuple(one for turn in cassette.turns for one in turn.log),
    )
