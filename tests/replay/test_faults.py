"""Promises of `nexdiag.replay.faults`: what each fault looks like to real clients, as the reference tells."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import httpx2
import openai
import pytest
from answers_to_strike import STREAMS, answered, asked, whole
from msgspec import structs

from nexdiag.agent.client.client import ChatClient
from nexdiag.agent.client.clocks import Clocks
from nexdiag.agent.loop.events import CallModel, Failed, Replied
from nexdiag.codec.fault import decode, encode
from nexdiag.core.endpoint import Endpoint, Wire
from nexdiag.core.exchange import Exchange
from nexdiag.core.fault import KINDS
from nexdiag.core.message import Message
from nexdiag.lint import profiles
from nexdiag.replay.answers import Answers
from nexdiag.replay.faults import every, overlay
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.playback import Playback, playback
from nexdiag.replay.player import Player
from nexdiag.replay.serving.server import ReplayServer

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "faults-in-replay.md"
WIRES: tuple[Wire, ...] = ("chat", "responses", "anthropic")
TEXT = "Hello you."


class Struck:
    """A player that answers every request with one exchange, under a fault; and what it waited."""

    def __init__(self, text: str, exchange: Exchange) -> None:
        self.lay = overlay([decode(text)], [exchange])
        self.exchange = exchange
        self.asked = 0
        self.waited: list[float] = []
        answers = Answers(Matcher(()), make=lambda request: self._answer())
        self.player = Player(answers, sleep=self._sleep, wait=self.waited.append)

    def _answer(self) -> Playback:
        self.asked += 1
        laid = self.lay(self.exchange)
        return playback(self.exchange) if laid is None else laid.playback

    async def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)


def ask_sdk(struck: Struck, *, stream: bool, retries: int = 0) -> str:
    """The text that openai's SDK gives, in process."""
    http = httpx2.Client(transport=struck.player, timeout=openai.DEFAULT_TIMEOUT)
    with openai.OpenAI(base_url="http://x/v1", api_key="k", http_client=http, max_retries=retries) as client:
        made = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], stream=stream)
        if isinstance(made, openai.Stream):
            return "".join(chunk.choices[0].delta.content or "" for chunk in made if chunk.choices)
        return made.choices[0].message.content or "" if hasattr(made, "choices") and made.choices else ""


def ask_ours(struck: Struck, wire: Wire) -> Replied | Failed:
    """What our executor's client makes of one request; its patience is a moment."""

    async def ask() -> Replied | Failed:
        endpoint = Endpoint(base_url="http://x/v1", model="m", profile=profiles.UNKNOWN, wire=wire)
        clocks = Clocks(first_byte=0.01, idle=0.01)
        client = ChatClient(endpoint, struck.player, clocks=clocks, new_id=lambda: "id")
        try:
            return await client.ask(CallModel(messages=(Message(role="user", content="Hi"),), attempt=1))
        finally:
            await client.close()

    return asyncio.run(ask())


SDK_FAILS = {
    "status:503": openai.InternalServerError,
    "status:400": openai.BadRequestError,
    "error": openai.APIError,
    "error:429#1": openai.APIError,
    "reset": openai.APIConnectionError,
    "reset#1": openai.APIConnectionError,
    "stall:head": openai.APITimeoutError,
    "stall#1": openai.APITimeoutError,
    "garble:brace#1": json.JSONDecodeError,
    "garble:half#1": json.JSONDecodeError,
    "garble:bytes#1": UnicodeDecodeError,
}
SDK_SAYS = {
    "slow:10s": TEXT,
    "no-done": TEXT,
    "cut#1": "Hello you",
    "duplicate#1": "Hello you you.",
    "drop#1": "Hello.",
    "content-type": "",
    "content-type:text/plain": TEXT,
}
"""What it takes for an answer: without a word that something is missing."""


@pytest.mark.parametrize("text", SDK_FAILS)
def test_openai_s_sdk_fails(text: str) -> None:
    """With the very class that the real fault brings about."""
    with pytest.raises(SDK_FAILS[text]):
        ask_sdk(Struck(text, answered()), stream=True)


@pytest.mark.parametrize("text", SDK_SAYS)
def test_openai_s_sdk_takes_it_for_an_answer(text: str) -> None:
    """These faults are the ones that a loop above it has to find."""
    assert ask_sdk(Struck(text, answered()), stream=True) == SDK_SAYS[text]


def test_openai_s_sdk_waits_as_it_is_told_and_asks_again() -> None:
    """Retry-After is honoured; the second request gets what was recorded."""
    struck = Struck("status:429,retry-after=1ms", answered())
    assert (ask_sdk(struck, stream=True, retries=1), struck.asked) == (TEXT, 2)


def test_a_sync_client_has_waited_for_its_whole_read_timeout() -> None:
    """Ten minutes, in the SDK; nobody really waits here."""
    struck = Struck("stall#0", answered())
    with pytest.raises(openai.APITimeoutError):
        ask_sdk(struck, stream=True)
    assert struck.waited == [600]


SDK_BODIES = {"garble:half": json.JSONDecodeError, "cut#1": json.JSONDecodeError, "garble:bytes": UnicodeDecodeError}


@pytest.mark.parametrize("text", SDK_BODIES)
def test_half_a_body_is_none_to_the_sdk(text: str) -> None:
    """Though its length is right: what is no JSON raises what reading it raises."""
    with pytest.raises(SDK_BODIES[text]):
        ask_sdk(Struck(text, whole()), stream=False)


@pytest.mark.parametrize("text", ["content-type", "error"])
def test_a_page_or_an_error_in_a_200_is_no_failure_to_the_sdk(text: str) -> None:
    """It gives out what has no choices: only who looks for them finds that nothing was said."""
    assert ask_sdk(Struck(text, whole()), stream=False) == ""


OURS_FAILS = {
    "status:429,retry-after=3": ("rate", True),
    "status:503": ("server", True),
    "status:400": ("request", False),
    "error": ("server", True),
    "error:400": ("request", False),
    "reset": ("transport", True),
    "stall:head": ("timeout", True),
}
OURS_BREAKS = ("cut#0", "cut#1", "reset#1", "stall#1")


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("text", OURS_FAILS)
def test_our_client_knows_what_failed_and_whether_it_may_pass(text: str, wire: Wire) -> None:
    """On each wire."""
    got = ask_ours(Struck(text, answered(wire=wire)), wire)
    assert isinstance(got, Failed)
    assert (got.kind, got.may_pass) == OURS_FAILS[text]
    assert got.wait == (3 if "retry-after" in text else 0)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("text", OURS_BREAKS)
def test_our_client_takes_half_a_stream_for_no_answer(text: str, wire: Wire) -> None:
    """It says why, and the loop asks again."""
    got = ask_ours(Struck(text, answered(wire=wire)), wire)
    assert isinstance(got, Replied)
    assert not got.reply.complete
    assert got.broken


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("kind", ["cut", "reset", "garble:half", "garble:brace"])
def test_our_client_has_the_whole_answer_or_none(kind: str, wire: Wire) -> None:
    """At each chunk: what it takes for complete is all that was said."""
    for chunk in range(len(STREAMS[wire]) - 2):
        got = ask_ours(Struck(f"{kind}#{chunk}", answered(wire=wire)), wire)
        assert isinstance(got, Replied)
        assert (chunk, got.reply.message.text) == (chunk, TEXT) or not got.reply.complete or got.broken


@pytest.mark.parametrize("wire", WIRES)
def test_our_client_finds_a_page_where_an_answer_was_wanted(wire: Wire) -> None:
    """Streamed or not."""
    for exchange in (answered(wire=wire), whole(0, wire)):
        got = ask_ours(Struck("content-type", exchange), wire)
        assert isinstance(got, Failed)
        assert "502 Bad Gateway" in got.reason


@pytest.mark.parametrize("wire", WIRES)
def test_our_client_survives_a_slow_first_token(wire: Wire) -> None:
    """Within its patience."""
    struck = Struck("slow:10s", answered(wire=wire))
    got = ask_ours(struck, wire)
    assert isinstance(got, Replied)
    assert (got.reply.message.text, struck.waited) == (TEXT, [10])


async def see(client: httpx.AsyncClient) -> tuple[object, ...]:
    """Status, what tells of the body, the body as far as it came, and how it ended."""
    seen: list[object] = []
    pieces: list[bytes] = []
    try:
        async with client.stream("POST", "/v1/chat/completions", content=b"{}") as response:
            seen += [response.status_code, *(response.headers.get(name) for name in ("content-type", "retry-after"))]
            async for piece in response.aiter_bytes():
                pieces.append(piece)  # noqa: PERF401 - what came before an error counts
    except httpx.TransportError as error:
        seen.append(type(error).__name__)
    return (*seen, b"".join(pieces))


async def see_both(text: str, exchange: Exchange) -> tuple[tuple[object, ...], tuple[object, ...]]:
    """The same answer over HTTP and in process; the client's patience is a moment."""
    timeout = httpx.Timeout(5.0, read=0.05 if text.startswith("stall") else 5.0)
    server = ReplayServer(Struck(text, exchange).player.answers, told=lambda miss: {})
    url = await server.start()
    try:
        async with httpx.AsyncClient(base_url=url, timeout=timeout, trust_env=False) as client:
            served = await see(client)
    finally:
        await server.close()
    player = Struck(text, exchange).player
    async with httpx.AsyncClient(base_url="http://x", timeout=timeout, transport=player) as client:
        return served, await see(client)


@pytest.mark.parametrize("make", [answered, whole])
def test_a_fault_is_the_same_over_http_and_in_process(make: Callable[..., Exchange]) -> None:
    """Each kind at each place: status, headers, bytes, and the class of the error."""
    exchange = make(0, "chat", turn=1)
    for fault in every([exchange]):
        text = encode(structs.replace(fault, value="1ms") if fault.kind == "slow" else fault)
        served, played = asyncio.run(see_both(text, exchange))
        assert (text, served) == (text, played)


def test_every_kind_strikes_somewhere() -> None:
    """On each wire, streamed and not, each fault that is to be tried is laid over an answer."""
    for wire in STREAMS:
        found = list(every([answered(0, wire, turn=1), whole(1, wire, turn=2)]))
        assert {fault.kind for fault in found} == set(KINDS)
        assert asked(0, wire).path != asked(1, "models").path


def test_the_reference_tells_of_every_kind_and_its_faults_can_be_read() -> None:
    """A row for each kind, each with an example; every example is a fault."""
    text = DOCS.read_text(encoding="utf-8")
    for kind in KINDS:
        assert re.search(rf"^\| `{kind}` \|", text, re.MULTILINE), kind
    examples = re.findall(rf"`((?:{'|'.join(KINDS)})[:@#,][^`A-Z]*)`", text)
    examples += [one for one in re.findall(r"--fault ([^\s`A-Z]+)", text) if one != "none"]  # a word of the door
    assert len(examples) > 20
    assert {decode(example).kind for example in examples} == set(KINDS)
