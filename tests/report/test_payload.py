"""Promises of nexdiag.report.payload."""

import json
from typing import Any

from report import sample

from nexdiag.report.json import plain
from nexdiag.report.payload import run_payload
from nexdiag.report.summary import run_facts


def payload(run: Any) -> dict[str, Any]:  # noqa: ANN401 - a Run
    return json.loads(json.dumps(plain(run_payload(run_facts(run))), allow_nan=False))


def chain(value: dict[str, Any], link: int | None) -> list[str]:
    """What the page does: walk back along the numbers."""
    texts: list[str] = []
    while link is not None and link >= 0:
        link, text = value["links"][link]
        texts.append(value["texts"][text])
    return texts[::-1]


def test_each_request_can_be_read_whole() -> None:
    """From one number the page gets back every message of a request, byte for byte, in order."""
    run = sample.alternation()
    value = payload(run)
    for exchange in run.cassette.exchanges:
        link = exchange.request.body.last_link("messages")
        assert link is not None
        shown = value["exchanges"][str(exchange.id)]
        assert chain(value, shown["messages"]) == [entry.raw.decode() for entry in link.chain()]


def test_a_message_is_stored_once() -> None:
    """A conversation that resends its history grows with its length, not with its square."""
    small, large = (len(json.dumps(payload(sample.long_run(turns)))) for turns in (50, 100))
    assert large < 2.1 * small
    value = payload(sample.long_run(50))
    assert (
        len(value["links"]) == 50 * 2 + 1
    )  # one message twice a turn, the system prompt, one tool, less the last reply
    assert len(set(value["texts"])) == len(value["texts"])


def test_one_clock() -> None:
    """Exchanges, turns, tool runs and log lines count seconds from the same moment."""
    value = payload(sample.healthy())
    assert value["turns"][0]["at"] == 0
    assert value["exchanges"]["0"]["at"] == 0.05
    assert value["turns"][0]["tools"][0]["at"] == 1.2
    assert value["turns"][0]["log"][0][0] == 0.01


def test_findings_carry_their_place_and_message() -> None:
    """A finding names exchange, message and the message's number, so that later requests can point back to it."""
    value = payload(sample.alternation())
    found = value["findings"][0]
    assert found["place"] == {"kind": "message", "turn": "2", "exchange": 1, "message": 4, "key": None}
    assert "Now run it again." in value["texts"][value["links"][found["link"]][1]]
    assert value["cause"] == 0


def test_odd_times_and_bytes_are_carried_safely() -> None:
    """Times that are none become null or zero; bytes that are no UTF-8 keep their escapes, even cut between chunks."""
    value = payload(sample.hostile())
    assert value["exchanges"]["2"]["duration"] == 0
    assert value["texts"][value["exchanges"]["2"]["body"]] == "\\xff\\xfe<script>"
    assert value["exchanges"]["3"]["response"]["chunks"] == [[0.1, "data: {\\xff</script>\n\n"]]
    assert any(line[0] is None for turn in value["turns"] for line in turn["log"])
