"""What a turn of the executor costs as the conversation grows, against the least that its bytes require.

The endpoint answers at once and in this process, so all that is measured is ours: the machine, the normaliser, the
budget, the client, the journal; in processor time. The peer is what nobody can leave away: the whole conversation
written as JSON by the standard library, once a request. A turn that costs the same multiple of that at 10 and at 1000
grows with its bytes and with nothing else.

Run it with: nox -s bench        (or: python benchmarks/turns.py [TURNS ...])
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from nexdiag.agent.client import ChatClient
from nexdiag.agent.driver import Driver
from nexdiag.agent.loop import Limits, Machine
from nexdiag.agent.session.conversation import open_session
from nexdiag.codec import chat
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.message import Message

TURNS = (10, 100, 1000)
WINDOW = 10
"""Turns over which a figure is taken: the median of these."""
QUESTION = "Turn {}: what does the function in line {} do, and why does the test of it fail on the second run? "
WORDS = [f"word{number} " for number in range(60)]
STREAM = b"".join(
    [
        *(b'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % word.encode() for word in WORDS),
        b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
        b"data: [DONE]\n\n",
    ]
)


class AtOnce(httpx.AsyncBaseTransport):
    """An endpoint that has its answer ready."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The same stream for every request."""
        await request.aread()
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=STREAM)


def peer(messages: list[Message]) -> float:
    """Seconds of processor time to write the conversation as JSON with the standard library."""
    value = [json.loads(chat.encode_message(message)) for message in messages]
    began = time.process_time()
    json.dumps({"model": "m", "messages": value}).encode()
    return time.process_time() - began


async def measure(state: Path, most: int) -> dict[int, tuple[float, float, int]]:
    """For each number of turns: median seconds of a turn there, of the peer, and the conversation's size."""
    endpoint = Endpoint(base_url="http://127.0.0.1:9/v1", model="m", profile=Profile(name="none", title="none"))
    taken: list[float] = []
    peers: list[float] = []
    measured: dict[int, tuple[float, float, int]] = {}
    with open_session(state, None, clock=time.time) as conversation:
        conversation.begin(model="m", provider="http://127.0.0.1:9/v1", system="Be brief.", tools=())
        driver = Driver(
            Machine(limits=Limits(window=10**9, calls=10)),
            ChatClient(endpoint, AtOnce()),
            system="Be brief.",
            journal=conversation.journal,
        )
        for number in range(1, most + 1):
            began = time.process_time()
            turn = await driver.say(QUESTION.format(number, number) * 3)
            taken.append(time.process_time() - began)
            assert turn.outcome == "answered", turn.error
            peers.append(peer(driver.machine.messages))
            if number in TURNS:
                size = sum(len(message.text) for message in driver.machine.messages)
                recent, floor = statistics.median(taken[-WINDOW:]), statistics.median(peers[-WINDOW:])
                measured[number] = (recent, floor, size)
        await driver.close()
    return measured


def main() -> None:
    """Measure, and print the ratios."""
    wanted = tuple(int(word) for word in sys.argv[1:]) or TURNS
    with tempfile.TemporaryDirectory() as place:
        measured = asyncio.run(measure(Path(place) / "state", max(wanted)))
    print("turn    ms a turn    ms of its JSON (json.dumps)    conversation    turn 10 + n times its JSON")
    base, base_floor, _ = measured[min(measured)]
    for number, (taken, floor, size) in measured.items():
        over = (taken - base) / (floor - base_floor) if floor > base_floor else 0.0
        print(f"{number:>4}    {taken * 1e3:9.2f}    {floor * 1e3:26.3f}    {size / 1e3:9.0f} kB    {over:25.1f}")


if __name__ == "__main__":
    main()
