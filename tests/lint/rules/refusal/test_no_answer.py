"""Requests that got no answer, or one that broke off."""

import json
import re

import pytest

from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette import decode
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge, judge_bare, judge_exchange
from nexdiag.lint.profiles import named
from nexdiag.lint.rules.refusal.no_answer import NO_ANSWER
from nexdiag.lint.seen.bare import BareExchange

ORIGIN = "http://127.0.0.1:1"
REFUSED = "ConnectError: All connection attempts failed"
PIECE = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
SPLITTER = Splitter()


def exchange(  # noqa: PLR0913 - the parts of an exchange that matter here, all but the first named
    number: int,
    *,
    failure: str | None = None,
    status: int | None = None,
    chunks: int = 0,
    text: str = "u",
    turn: int | None = 1,
    url: str = ORIGIN + "/v1/chat/completions",
    whole: bool = False,
) -> Exchange:
    raw = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
    request = Request(method="POST", url=url, body=Body.of(raw) if whole else SPLITTER.split(raw))
    pieces = tuple(Chunk(at=0.1, bytes=PIECE) for _ in range(chunks))
    response = None if status is None else Response(status=status, chunks=pieces)
    return Exchange(id=number, started=0.0, request=request, response=response, failure=failure, turn=turn)


def found(*exchanges: Exchange, profile: str = "unknown") -> tuple[Finding, ...]:
    return judge(Cassette(header=Header(), exchanges=exchanges), named(profile))


@pytest.mark.parametrize("profile", ["unknown", "openai", "llama.cpp"])
def test_no_answer_is_an_error(profile: str) -> None:
    """Whoever the server is: what failed, where, and what to do about it."""
    (finding,) = found(exchange(0, failure=REFUSED, turn=2), profile=profile)
    assert (finding.rule, finding.code, finding.severity) == ("no-answer", "NX002", Severity.ERROR)
    assert finding.summary == f"exchange 0 got no answer: {REFUSED}"
    assert finding.evidence == (f"POST {ORIGIN}/v1/chat/completions", f"failure {REFUSED}")
    assert finding.fix == f"start the server, or mend the host and port of the endpoint: nothing listens at {ORIGIN}"
    assert (finding.location.turn, finding.location.exchange, finding.location.pointer) == (2, 0, None)
    assert (finding.refused, finding.server_words) == (False, None)


@pytest.mark.parametrize(("chunks", "told"), [(0, "0 chunks"), (1, "1 chunk"), (7, "7 chunks")])
def test_an_answer_that_broke_off_is_an_error(chunks: int, told: str) -> None:
    """A good status does not make a broken answer whole."""
    (finding,) = found(exchange(0, status=200, chunks=chunks, failure="ReadError: gone"))
    assert (finding.rule, finding.severity) == ("no-answer", Severity.ERROR)
    assert finding.summary == f"the answer broke off after {told}: ReadError: gone"
    assert "the log of the server" in finding.fix


@pytest.mark.parametrize(
    ("failure", "fix"),
    [
        ("ConnectError: [Errno 111] Connection refused", "nothing listens at http://127.0.0.1:1"),
        ("ConnectError: [Errno -2] Name or service not known", "mend the host name"),
        ("ConnectError: [SSL: WRONG_VERSION_NUMBER] wrong version number", "mend the scheme"),
        ("ConnectTimeout", "open the way to it"),
        ("ConnectError: [Errno 113] No route to host", "open the way to it"),
        ("ReadTimeout: The read operation timed out", "let the client wait longer"),
        ("PoolTimeout", "open more connections"),
        ("ProxyError: 407", "mend the proxy settings"),
        ("UnsupportedProtocol: missing", "give the endpoint a whole URL"),
        ("RemoteProtocolError: Server disconnected without sending a response.", "the connection was cut"),
        ("strange", "the connection was cut"),
    ],
)
def test_the_fix_goes_by_the_kind_of_failure(failure: str, fix: str) -> None:
    """What is to be done about a name is not what is to be done about a port."""
    (finding,) = found(exchange(0, failure=failure))
    assert fix in finding.fix
    assert "{origin}" not in finding.fix


@pytest.mark.parametrize("whole", [False, True])
def test_a_retry_that_was_answered_makes_it_a_warning(*, whole: bool) -> None:
    """The same body, later in the same turn."""
    broken = exchange(0, failure=REFUSED, whole=whole)
    (finding,) = found(broken, exchange(1, status=200, whole=whole))
    assert finding.severity is Severity.WARNING
    assert finding.summary.endswith("; the request was sent again and answered")
    assert found(broken, exchange(1, status=200, text="another", whole=whole))[0].severity is Severity.ERROR
    assert found(broken, exchange(1, status=200, turn=2, whole=whole))[0].severity is Severity.ERROR
    assert found(exchange(0, status=200, whole=whole), later(broken, 1))[0].severity is Severity.ERROR
    assert found(broken, exchange(1, status=503, whole=whole))[-1].severity is Severity.ERROR


def later(one: Exchange, number: int) -> Exchange:
    return Exchange(id=number, started=0.0, request=one.request, failure=one.failure, turn=one.turn)


def test_a_retry_that_broke_off_as_well_mends_nothing() -> None:
    """Only a whole answer is an answer, or one that the client itself did not want to read to its end."""
    retry = exchange(1, status=200, chunks=1, failure="ReadError: gone")
    assert [one.severity for one in found(exchange(0, failure=REFUSED), retry)] == [Severity.ERROR] * 2
    left = exchange(1, status=200, chunks=1, failure="ClientClosed: the client stopped reading")
    assert [one.severity for one in found(exchange(0, failure=REFUSED), left)] == [Severity.WARNING]


def test_equal_failures_at_one_origin_are_one() -> None:
    """Five tries in vain are one problem; another origin, or another failure, is another."""
    tries = [exchange(number, failure=REFUSED, turn=number, text=str(number)) for number in range(5)]
    (finding,) = found(*tries)
    assert (finding.location.exchange, finding.repeats) == (0, 4)
    assert len(found(exchange(0, failure=REFUSED), exchange(1, failure="ReadTimeout"))) == 2
    assert len(found(exchange(0, failure=REFUSED), exchange(1, failure=REFUSED, url="http://h/v1/models"))) == 2


def test_what_was_mended_is_not_folded_into_what_was_not() -> None:
    """The error is located at a request that never was answered."""
    one, other = found(
        exchange(0, failure=REFUSED), exchange(1, status=200), exchange(2, failure=REFUSED, turn=2, text="later")
    )
    assert (one.severity, one.location.exchange) == (Severity.ERROR, 2)
    assert (other.severity, other.location.exchange) == (Severity.WARNING, 0)


@pytest.mark.parametrize("failure", ["ClientClosed: early", "CancelledError", "asyncio.CancelledError: gone"])
@pytest.mark.parametrize("status", [None, 200])
def test_what_the_client_itself_ended_is_no_failure(failure: str, status: int | None) -> None:
    """Nobody broke a promise to it."""
    assert found(exchange(0, failure=failure, status=status)) == ()


def test_what_was_under_way_when_the_recording_ended_is_a_note() -> None:
    """Nobody knows what came of it."""
    (finding,) = found(exchange(0, failure="Unfinished: the recording ended first"))
    assert (finding.rule, finding.severity) == ("no-answer", Severity.INFO)


def test_a_refusal_is_an_answer() -> None:
    """A refusal whose body broke off is told once, as a refusal."""
    assert [one.rule for one in found(exchange(0, status=500, failure="ReadError"))] == ["unexplained-refusal"]


def test_parts_that_are_missing_are_no_failure() -> None:
    """A bare exchange without response, or a recorded one without a word of failure, merely lacks a part."""
    assert judge_bare(BareExchange(url=ORIGIN, request={"messages": [{"role": "user", "content": "u"}]}))[1] == ()
    assert judge_exchange(exchange(0), named("unknown")) == ()


def test_one_exchange_is_judged_alike() -> None:
    """The doors that show one exchange say the same."""
    assert judge_exchange(exchange(0, failure=REFUSED), named("unknown"))[0].rule == "no-answer"


@pytest.mark.parametrize("failure", ["", "\x1b[2J" * 5000, "ReadError: " + "é\ud800" * 3000])
def test_hostile_failures_are_shown_harmlessly(failure: str) -> None:
    """No control character, no flood, no exception."""
    (finding,) = found(exchange(0, failure=failure, url="\x1b[2J://" * 500))
    for line in (finding.summary, finding.fix, *finding.evidence):
        assert len(line) < 800
        assert "\x1b" not in line


def test_the_example_is_bad_and_the_other_is_good() -> None:
    """The documentation is run: the exchanges of the page are lines of a cassette."""
    bad, good = re.findall(r"```json\n(.*?)```", NO_ANSWER.page, re.DOTALL)
    for example, rules in ((bad, ["no-answer"]), (good, [])):
        lines = (json.dumps({"cassette": 1}), json.dumps(json.loads(example)), "")
        cassette = decode("\n".join(lines).encode())
        assert cassette.tear is None
        assert len(cassette.exchanges) == 1
        assert [one.rule for one in judge(cassette, named("unknown"))] == rules


def test_the_recorded_failure_comes_before_what_would_fail() -> None:
    """What did happen is the cause; what this server would refuse, had it read it, comes after; a mended one last."""
    raw = json.dumps({"messages": [{"role": "user", "content": "u"}, None]}).encode()
    request = Request(method="POST", url=ORIGIN + "/v1/chat/completions", body=SPLITTER.split(raw))
    unsent = Exchange(id=0, started=0.0, request=request, turn=1)
    broken = exchange(1, failure=REFUSED, turn=2)
    assert [one.rule for one in found(unsent, broken)] == ["no-answer", "malformed-request"]
    mended = exchange(2, status=200, turn=2)
    assert [one.rule for one in found(unsent, broken, mended)] == ["malformed-request", "no-answer"]
