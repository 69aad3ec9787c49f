"""What comes to a stub, recorded."""

import asyncio
import threading
from pathlib import Path
from typing import Any

from for_serving import ask, body

from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.pytest_plugin.tap import Tap
from nexdiag.runner.load import load


def test_it_answers_as_ever_and_keeps_each_exchange(tmp_path: Path) -> None:
    """Whole and streamed; what a client has seen is in the file, without its secrets."""
    path = tmp_path / "x.cassette.jsonl"
    tap = Tap(stub.StubEndpoint(profiles.named("llama.cpp"), script=["Hello."]), path)
    with serving.running(tap) as url:
        assert tap.cassette is None
        assert not path.exists()
        assert "Hello." in ask(url, body("hi"))[1]
        whole = tap.cassette
        streamed = ask(url, body("hi", stream=True) | {"user": "sk-" + "a1B2" * 10}, path="/v1/chat/completions?x=1")
        assert tap.cassette is not None
    tap.close()
    exchanges = load(path).exchanges
    assert whole is not None
    assert len(whole.exchanges) == 1
    assert [one.request.path for one in exchanges] == ["/v1/chat/completions", "/v1/chat/completions?x=1"]
    assert exchanges[1].response is not None
    assert len(exchanges[1].response.chunks) > 1
    assert b"".join(chunk.bytes for chunk in exchanges[1].response.chunks).decode() == streamed[1]
    assert "a1B2a1B2" not in path.read_text()


def test_an_answer_whose_end_we_have_not_seen_is_waited_for(tmp_path: Path) -> None:
    """Its client has the last byte already, and asks what came: the exchange is among it."""
    over = threading.Event()

    async def slow_to_end(scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
            await send({"type": "http.response.body", "body": b"done"})
            await asyncio.to_thread(over.wait, 10)

    tap, seen = Tap(slow_to_end, tmp_path / "x.cassette.jsonl"), []
    with serving.running(tap) as url:
        assert ask(url, body("hi"))[1] == "done"
        reader = threading.Thread(target=lambda: seen.append(tap.cassette))
        reader.start()
        reader.join(0.1)
        assert reader.is_alive()
        over.set()
        reader.join()
    tap.close()
    assert [len(one.exchanges) for one in seen if one is not None] == [1]
