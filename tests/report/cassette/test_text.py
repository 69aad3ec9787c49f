"""A recording as lines that git compares."""

import difflib

import pytest
from hypothesis import given, settings
from kept import CALL, NOON, SYSTEM, answered, asked, both, recording, stream, with_exchange
from msgspec import structs
from strategies_wire import cassettes

from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Exchange
from nexdiag.core.turn import LogLine
from nexdiag.report.cassette.text import View, text

FOR_GIT = View(times=False, ids=False)


def models(number: int) -> Exchange:
    request = structs.replace(asked([], Splitter()), method="GET", url="http://127.0.0.1:8080/v1/models")
    response = answered(b'{"data":[]}', kind="application/json")
    return Exchange(id=number, started=NOON, request=request, response=response)


def added(before: Cassette, after: Cassette) -> list[str]:
    """What a diff of both shows."""
    texts = [text(one, FOR_GIT).splitlines() for one in (before, after)]
    return [
        line for line in difflib.unified_diff(*texts, n=0, lineterm="") if not line.startswith(("+++", "---", "@@"))
    ]


def test_everything_that_happened_stands_in_order() -> None:
    """What was said, what each request added, the call, the tool run, the answer, the log; nothing twice."""
    assert (
        text(recording("hello", "which day"), FOR_GIT)
        == """\
cassette   format 2
tool       nexdiag 0.1.0
origin     http://127.0.0.1:8080/v1
model      m
profile    llama.cpp

turn 1 · answered
 said
   | hello
 POST /v1/chat/completions → 200
   model = "m"
   stream = true
   + system
     | Be brief.
   + user, as above
   = assistant · stop · 12 tokens in, 3 out
     | HELLO
 log INFO Turn 1 answered in ⟨time⟩

turn 2 · answered
 said
   | which day
 POST /v1/chat/completions → 200
   + assistant, the answer above
   + user, as above
   = assistant · tool_calls · 12 tokens in, 3 out
     calls bash {"command":"date"}
 ran bash {"command":"date"}
   | Thu
   |
 POST /v1/chat/completions → 200
   + assistant, the answer above
   + tool, as above
   = assistant · stop · 12 tokens in, 3 out
     | WHICH DAY
 log INFO Turn 2 answered in ⟨time⟩
"""
    )


def test_one_more_message_is_all_that_a_diff_shows() -> None:
    """The lines of what came before do not change."""
    shown = added(recording("one", "two"), recording("one", "two", "three"))
    assert all(line.startswith("+") for line in shown)
    assert "+   | three" in shown
    assert "+     | THREE" in shown


def test_another_day_is_no_difference() -> None:
    """Times, and the ids that a server makes up, do not show."""
    assert added(recording("one", "two"), recording("one", "two", start=NOON + 86400)) == []


def test_a_word_that_changed_is_two_lines() -> None:
    one, other = recording("a", "b"), recording("a", "b")
    turn = structs.replace(other.turns[1], tool_runs=(structs.replace(other.turns[1].tool_runs[0], output="Fri\n"),))
    shown = added(one, structs.replace(other, turns=(other.turns[0], turn)))
    assert shown[:2] == ["-   | Thu", "+   | Fri"]
    assert "+     | Thu" in shown  # the request still sends it, and it is not the output above any more


def test_times_and_ids_are_there_for_who_wants_them() -> None:
    shown = text(recording("one", "two"), View())
    assert "exchange 2  POST /v1/chat/completions → 200 · first byte 100 ms · 500 ms" in shown
    assert "(call_9f)" in shown
    assert "created    2026-05-20 12:00 UTC" in shown
    assert " log 12:00:23.000 INFO Turn 2 answered in 0.20s\n" in shown
    assert " log" not in text(recording("one"), View(log=False))


def test_one_turn_alone_shows_all_that_it_sent_anew() -> None:
    """What stands above it in the whole text is not there to be pointed at."""
    shown = text(recording("one", "two"), View(turn=2))
    assert "turn 1" not in shown
    assert "+ assistant\n     | ONE" in shown


def test_sessions_stand_apart() -> None:
    """By name, or by number where names change from run to run."""
    whole = both(recording("one", session="s-7f3a"), recording("uno", session="s-99bb", start=NOON + 1))
    shown = text(whole, View())
    assert shown.index("session s-7f3a") < shown.index("| one") < shown.index("session s-99bb") < shown.index("| uno")
    assert "session 2" in text(whole, FOR_GIT)
    assert "s-7f3a" not in text(whole, FOR_GIT)


def test_what_belongs_to_no_turn_is_shown() -> None:
    """Side requests and log lines, also of a recording without any turn."""
    alone = with_exchange(recording(), models(0))
    shown = text(structs.replace(alone, log=(LogLine(at=NOON, text="Daemon starting (PID 4121)"),)), FOR_GIT)
    assert "outside any turn\n GET /v1/models → 200" in shown
    assert " log - Daemon starting (PID ⟨n⟩)" in shown
    assert "outside any turn" not in text(recording("one"), FOR_GIT)


def test_a_history_that_was_rewritten_is_told() -> None:
    splitter = Splitter()
    sent = ([SYSTEM, {"role": "user", "content": "a"}, {"role": "user", "content": "b"}], [SYSTEM])
    exchanges = tuple(
        Exchange(id=number, started=NOON, request=asked(messages, splitter), attempt=number + 1, failure="X: y")
        for number, messages in enumerate(sent)
    )
    shown = text(Cassette(header=Header(), exchanges=exchanges), FOR_GIT)
    assert "   keeps 1 of 3 messages before\n   adds no message\n" in shown
    assert "→ no response · attempt 2" in shown
    assert shown.count("! X: y") == 2


def test_a_conversation_that_begins_anew_says_so_in_a_turn_alone() -> None:
    """A side request has nothing to do with the one before it."""
    splitter = Splitter()
    for turn in (1, None):
        exchanges = tuple(
            Exchange(id=number, started=NOON, request=asked([{"role": "user", "content": said}], splitter), turn=turn)
            for number, said in enumerate("ab")
        )
        shown = text(Cassette(header=Header(), exchanges=exchanges), FOR_GIT)
        assert ("keeps 0 of 1 message before" in shown) == (turn is not None)


def test_a_conversation_on_another_path_says_what_it_begins_with() -> None:
    """The messages were shown with the request that sent them first."""
    splitter = Splitter()
    side = asked([SYSTEM], splitter, url="http://127.0.0.1:8080/v1/other")
    requests = (asked([SYSTEM], splitter), side, structs.replace(side, method="GET", body=splitter.split(b"")))
    exchanges = tuple(Exchange(id=number, started=NOON, request=one) for number, one in enumerate(requests))
    shown = text(Cassette(header=Header(), exchanges=exchanges), FOR_GIT)
    assert shown.count("begins with 1 message that an earlier request sent") == 1
    assert "keeps" not in shown


def test_faults_of_the_file_are_told_first() -> None:
    torn = structs.replace(recording("one"), tear="line 9 is torn")
    shown = text(torn, FOR_GIT, ["line 3 is left out: nonsense\x1b"])
    assert shown.index("! line 9 is torn") < shown.index("! line 3 is left out: nonsense⟨ESC⟩") < shown.index("turn 1")


def test_log_lines_lose_what_differs_from_run_to_run() -> None:
    lines = (
        "2026-11-22T12:04:31.882Z slot done in 12.5 ms at 127.0.0.1:41233, request 3f2a91bc-77, id call_abcdef12",
        "listening on port 41233\nsecond line",
    )
    log = tuple(LogLine(at=NOON, text=line, source="llama") for line in lines)
    shown = text(structs.replace(recording(), log=log), FOR_GIT)
    assert " log llama - ⟨time⟩ slot done in ⟨time⟩ at 127.0.0.1:⟨n⟩, request ⟨id⟩, id ⟨id⟩\n" in shown
    assert " log llama - listening on port ⟨n⟩\n   | second line\n" in shown


def test_log_lines_stand_by_their_time() -> None:
    """Over all sources; a line without a time stays behind the one before it."""
    said = ((4, "d", "daemon"), (9, "e", "daemon"), (2, "a", "llama"), (0, "b", "llama"), (3, "c", "other"))
    log = tuple(LogLine(at=NOON + at if at else 0, text=line, source=source) for at, line, source in said)
    cassette = recording("hello")
    turn = structs.replace(cassette.turns[0], log=log)
    shown = text(structs.replace(cassette, turns=(turn,), log=log), FOR_GIT)
    assert [line.split()[-1] for line in shown.splitlines() if line.startswith(" log ")] == list("abcde")


def test_an_answer_that_goes_back_with_another_id_is_shown() -> None:
    """A client that sends an id that the model never gave has a fault: it must not be folded away, not even for git."""
    splitter = Splitter()
    question = {"role": "user", "content": "x"}
    texts = []
    for name in ("call_9f", "call_00"):
        sent = {"role": "assistant", "content": None, "tool_calls": [CALL | {"id": name}]}
        pair = (([question], answered(*stream(calls=[CALL]))), ([question, sent], answered(b"")))
        exchanges = tuple(
            Exchange(id=number, started=NOON + number, request=asked(messages, splitter), response=response)
            for number, (messages, response) in enumerate(pair)
        )
        texts.append(text(Cassette(header=Header(), exchanges=exchanges), FOR_GIT))
    assert "+ assistant, the answer above" in texts[0]
    assert '+ assistant\n     calls bash {"command":"date"}' in texts[1]


@pytest.mark.parametrize("line", ["1.1", "1,", "a-", "a-a1", "call_", "pid ", "2026-"], ids=repr)
def test_a_hostile_log_line_is_walked_once(line: str) -> None:
    """A million signs that look like the beginning of a time or an id."""
    log = (LogLine(at=NOON, text=line * (1_000_000 // len(line))),)
    assert text(structs.replace(recording(), log=log), FOR_GIT)


@settings(max_examples=25)
@given(cassettes())
def test_any_recording_has_a_text(cassette: Cassette) -> None:
    """Nothing fails, and nothing that a terminal would obey comes through."""
    for view in (View(), FOR_GIT):
        shown = text(cassette, view)
        assert not set("\x1b\x07\x9b\r\x85\u2028") & set(shown)
