"""A command, recorded: what it finds, what is kept, what is told, and whose exit code it is."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from nexdiag.core.errors import CassetteError, NothingToDo, UsageError
from nexdiag.endpoint.serving import running
from nexdiag.endpoint.stub import StubEndpoint
from nexdiag.lint import profiles
from nexdiag.runner.load import load
from nexdiag.runner.proxying import Target
from nexdiag.runner.wrapped import Wanted, Wrapped, wrapped

ASK = """
import http.client, json, os, sys, urllib.parse
def ask(*messages, path='/chat/completions', base=os.environ['OPENAI_BASE_URL']):
    url = urllib.parse.urlsplit(base)
    line = http.client.HTTPConnection(url.netloc)
    body = json.dumps({'model': 'stub', 'messages': [{'role': role, 'content': 'hi'} for role in messages]})
    headers = {'Content-Type': 'application/json', 'Authorization': 'Bearer hunter22hunter22'}
    line.request('POST', url.path + path, body, headers)
    return line.getresponse().status
"""


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """A server that takes no two user messages in a row."""
    with running(StubEndpoint(profiles.named("llama.cpp-strict"), model="stub")) as url:
        yield url


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def program(code: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", ASK + code, *arguments)


def record(wanted: Wanted, environment: Mapping[str, str] | None = None) -> tuple[Wrapped, list[str]]:
    told: list[str] = []
    environment = os.environ if environment is None else {**os.environ, **environment}
    return wrapped(wanted, environment=environment, told=told.append), told


def test_what_a_client_asks_is_recorded_and_told(upstream: str, place: Path) -> None:
    """Lines while it runs, an end, a file named for what was said, and the next command."""
    came, told = record(Wanted(command=program("ask('user')", "say hello"), upstream=upstream))
    host = upstream.removeprefix("http://").replace(":", "-")
    path = Path("cassettes") / host / "say-hello.cassette.jsonl"
    assert (came.code, came.cassette, came.exchanges, came.findings) == (0, path, 1, ())
    came.demand_recorded()
    assert re.fullmatch(rf"● recording   127\.0\.0\.1:\d+ → {host.replace('-', ':')}   \S+ \(pid \d+\)", told[0])
    assert "POST /v1/chat/completions   1 msg   " in told[1]
    assert told[2] == ""
    assert re.fullmatch(r"✓ \S+ exited 0, after .*s", told[3])
    assert told[4].startswith(f"saved {path}   ")
    assert told[-1] == f"Next: nexdiag report {path}"
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_recording_says_what_was_recorded_and_holds_no_secret(upstream: str) -> None:
    """Neither one of the command line, nor one of the environment, nor what the client sent."""
    command = program("ask('user')", "--api-key", "swordfish", "--note", "opensesame1")
    came, told = record(Wanted(command=command, upstream=upstream), {"MY_TOKEN": "opensesame1"})
    assert came.cassette is not None
    header = load(came.cassette).header
    assert header.origin == f"{upstream}/v1"
    assert header.command.startswith(sys.executable)
    assert "--api-key" in header.command
    written = came.cassette.read_text() + "\n".join(told)
    assert not re.search("swordfish|opensesame1|hunter22hunter22", written)
    assert came.secrets >= 1


def test_a_finding_is_told_and_the_exit_code_stays_that_of_the_command(upstream: str) -> None:
    came, told = record(Wanted(command=program("ask('user', 'user'); sys.exit(7)"), upstream=upstream))
    assert came.code == 7
    assert [finding.rule for finding in came.findings] == ["role-alternation"]
    assert any(line.startswith("error NX101 role-alternation   ") for line in told)
    assert any("✗ 500 " in line or "✗ 400 " in line for line in told)
    came.demand_recorded()


def test_a_recording_is_never_overwritten(upstream: str) -> None:
    """One of our own names gets a number; one that was named is refused, before the command runs."""
    again = Wanted(command=program("ask('user')", "say hello"), upstream=upstream)
    names = [came.cassette.name for came, _ in (record(again), record(again), record(again)) if came.cassette]
    assert names == [f"say-hello{number}.cassette.jsonl" for number in ("", "-2", "-3")]
    Path("mine.cassette.jsonl").write_text("kept")
    never = program("open('ran', 'w')")
    with pytest.raises(CassetteError, match="exists"):
        record(Wanted(command=never, cassette=Path("mine.cassette.jsonl"), upstream=upstream))
    assert Path("mine.cassette.jsonl").read_text() == "kept"
    assert not Path("ran").exists()


def test_a_command_that_asked_nothing_leaves_no_file(upstream: str, place: Path) -> None:
    """It is said what it did not use, and how it can be told; exit 4, unless its own code says more."""
    came, _ = record(Wanted(command=program(""), upstream=upstream))
    assert (came.code, came.cassette, came.exchanges) == (0, None, 0)
    with pytest.raises(NothingToDo, match="used neither OPENAI_BASE_URL nor OPENAI_API_BASE") as caught:
        came.demand_recorded()
    assert "{proxy}" in caught.value.hint
    failed, told = record(Wanted(command=program("sys.exit(9)"), upstream=upstream))
    failed.demand_recorded()
    assert failed.code == 9
    assert told[-1].startswith("✗ no exchange recorded: ")
    assert not list(place.rglob("*.jsonl"))


def test_the_placeholder_in_arguments_is_the_proxy(upstream: str) -> None:
    """For a client that reads no variable; the recording keeps the placeholder, so that two runs are equal."""
    command = program("ask('user', base=sys.argv[1])", "{proxy}/v1")
    came, _ = record(Wanted(command=command, upstream=upstream))
    assert came.cassette is not None
    assert "{proxy}/v1" in load(came.cassette).header.command


def test_without_an_upstream_it_goes_where_it_would_have_gone(upstream: str) -> None:
    came, _ = record(Wanted(command=program("ask('user')")), {"OPENAI_BASE_URL": f"{upstream}/v1"})
    assert came.cassette is not None
    assert load(came.cassette).header.origin == f"{upstream}/v1"


def test_a_base_url_without_its_version_is_recorded_as_the_mistake_that_it_is(upstream: str) -> None:
    """The founding incident: what the server refused without us, it refuses with us."""
    came, told = record(Wanted(command=program("sys.exit(ask('user') == 404)")), {"OPENAI_BASE_URL": upstream})
    assert came.cassette is not None
    assert load(came.cassette).exchanges[0].request.path == "/chat/completions"
    assert any("POST /chat/completions" in line for line in told)


def test_a_variable_that_leads_elsewhere_is_left_alone_and_named(upstream: str) -> None:
    environment = {"OPENAI_BASE_URL": f"{upstream}/v1", "ANTHROPIC_BASE_URL": "https://elsewhere.example"}
    check = "ask('user'); sys.exit(os.environ['ANTHROPIC_BASE_URL'] != 'https://elsewhere.example')"
    came, told = record(Wanted(command=program(check)), environment)
    assert came.code == 0
    assert told[0].startswith("not recorded: what goes by ANTHROPIC_BASE_URL")


def test_without_any_upstream_the_server_on_this_machine_is_asked_for(upstream: str) -> None:
    asked: list[str | None] = []

    def find(url: str | None) -> Target:
        asked.append(url)
        return Target(url=f"{upstream}/v1")

    came = wrapped(Wanted(command=program("ask('user')")), environment=os.environ, told=lambda line: None, find=find)
    assert asked == [None]
    assert came.exchanges == 1


@pytest.mark.parametrize(
    ("command", "what", "hint"),
    [
        ((), "wanted after --", "nexdiag capture -- "),
        (("",), "wanted after --", "nexdiag capture -- "),
        (("pythn3",), "no such program", "did you mean python3"),
        (("no-such-thing-at-all",), "no such program", "sh -c no-such-thing-at-all"),
        (("sh -c true",), "no program is called", "nexdiag capture -- sh -c true"),
        (("./plain.txt",), "is no program", r"chmod \+x ./plain.txt"),
        (("./",), "is no program", "chmod"),
    ],
)
def test_a_command_that_is_none_is_told_before_anything_starts(
    place: Path, command: tuple[str, ...], what: str, hint: str
) -> None:
    (place / "plain.txt").write_text("x")
    with pytest.raises(UsageError, match=what) as caught:
        record(Wanted(command=command, upstream="http://127.0.0.1:9"))
    assert re.search(hint, caught.value.hint)
    assert caught.value.exit_code == 2
    assert [path.name for path in place.iterdir()] == ["plain.txt"]


def test_a_log_is_followed_while_the_command_runs(upstream: str, place: Path) -> None:
    log = place / "daemon.log"
    log.write_text("before\n")
    write = f"ask('user'); open({str(log)!r}, 'a').write('2026-11-22T12:00:00.000Z [ERROR] it broke\\n')"
    came, told = record(Wanted(command=program(write), upstream=upstream, log=(str(log),)))
    assert came.cassette is not None
    assert [line.level for line in load(came.cassette).log] == ["ERROR"]
    assert came.log_lines == 1
    assert any("1 log line" in line for line in told)


def test_a_pattern_of_the_users_own_is_redacted(upstream: str) -> None:
    """In what passes, in the command line, and in the name of the file."""
    command = program("ask('user', path='/chat/completions?case=CASE-12345')", "case CASE-12345")
    came, _ = record(Wanted(command=command, upstream=upstream, redact=(r"CASE-\d+",)))
    assert came.cassette is not None
    assert "12345" not in came.cassette.read_text() + came.cassette.name


def test_an_upstream_that_is_away_is_an_exchange_like_any_other(upstream: str) -> None:
    """The client hears 502, the recording says why, the command's code is handed on."""
    came, told = record(Wanted(command=program("sys.exit(ask('user') != 502)"), upstream="http://127.0.0.1:9"))
    assert (came.code, came.exchanges) == (0, 1)
    assert any("✗" in line and "Connect" in line for line in told)


def test_what_is_told_may_go_unheard(upstream: str) -> None:
    """`nexdiag capture -- CMD 2>&1 | head -1`: the command's own code comes back all the same."""

    def gone(line: str) -> None:
        raise BrokenPipeError(line)

    command = program("ask('user'); sys.exit(5)")
    assert wrapped(Wanted(command=command, upstream=upstream), environment=os.environ, told=gone).code == 5


FULL = """
import os, resource, sys
from nexdiag.core.errors import CassetteError
from nexdiag.runner.wrapped import Wanted, wrapped
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
came = wrapped(Wanted(command=tuple(sys.argv[2:]), upstream=sys.argv[1]), environment=os.environ, told=print)
try:
    came.demand_recorded()
except CassetteError as error:
    sys.exit(f"{came.code} {error.what}")
sys.exit(came.code)
"""


def test_a_disk_that_takes_no_more_does_not_disturb_the_command(upstream: str) -> None:
    """The command gets its answers and ends well; that the recording is not whole is an error of its own."""
    command = program("sys.exit([ask('user') for _ in range(30)] != [200] * 30)")
    ran = subprocess.run([sys.executable, "-c", FULL, upstream, *command], capture_output=True, text=True, check=False)
    assert ran.stderr.startswith("0 recording stopped: File too large"), ran
    assert "exited 0" in ran.stdout
    assert " · not whole\n" in ran.stdout


def test_a_command_that_failed_hides_no_loss(upstream: str) -> None:
    """Its own code goes before; the last lines say that the recording is not whole all the same."""
    command = program("[ask('user') for _ in range(30)]; sys.exit(7)")
    ran = subprocess.run([sys.executable, "-c", FULL, upstream, *command], capture_output=True, text=True, check=False)
    assert ran.returncode == 7, ran
    assert ran.stdout.splitlines()[-2].startswith("✗ recording stopped: File too large")
    assert ran.stdout.splitlines()[-1].startswith("Next: ")


@pytest.mark.parametrize("code", [0, 7])
def test_a_recording_that_is_removed_meanwhile_is_told(upstream: str, code: int) -> None:
    """Not as one that never was: the command has used the proxy."""
    command = program(f"ask('user'); os.remove('c'); sys.exit({code})")
    came, told = record(Wanted(command=command, cassette=Path("c"), upstream=upstream))
    assert "c is gone: somebody removed it while 1 exchange" in (came.lacking or "")
    assert (told[-1] == f"✗ {came.lacking}") is bool(code)
    assert not any("OPENAI_BASE_URL" in line for line in told)
