"""Promises of nexdiag.report.html, proven in a real browser."""

import http.server
import os
import re
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from report import sample
from report.browser import Browser, chromium
from report.long import TURNS, long_run

from nexdiag.core.finding import Origin
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Report
from nexdiag.report.html import render

SHOWN = "document.querySelector('.turn-detail article.turn')"
DETAIL = "document.querySelector('.turn-detail').textContent"
HEADING = "document.querySelector('.turn-head h4').textContent"
FOCUSED = "document.activeElement.querySelector('b').textContent"
COUNTED = "document.querySelector('section:not([hidden]) .counted').textContent"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None and os.environ.get("CI") == "true":
        pytest.fail("wanted chromium for the browser tests of the HTML report, found none: install it in CI")
    if program is None:
        pytest.skip("no chromium on this machine: the HTML report was not opened in a browser")
    opened = Browser(program)
    yield opened
    opened.close()


def show(browser: Browser, report: Report, tmp_path: Path, fragment: str = "") -> Any:  # noqa: ANN401 - it asks the page
    """Open the page of a report; what asks it for values."""
    page = tmp_path / "report.html"
    page.write_text(render(report), "utf-8")
    browser.window(1200, 900)
    browser.open(page, fragment)
    browser.until(SHOWN)
    return browser.run


class Listener(http.server.BaseHTTPRequestHandler):
    """Notes every request that the page makes."""

    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Stay silent."""


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Noting", (Listener,), {"seen": seen}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    thread.join()
    server.server_close()


def test_findings_stand_inside_the_message_they_concern(browser: Browser, tmp_path: Path) -> None:
    """A link to a finding shows its turn, message by message, with the finding at its place and the focus on it."""
    page = show(browser, sample.sample_report(), tmp_path, "#run-2/finding-1")
    browser.until("document.activeElement.matches('aside.finding')")
    message = page("document.querySelector('[data-message=\"4\"]').textContent")
    for part in ("Now run it again.", "role-alternation", "must alternate", "Join the warning", "at /messages/4/role"):
        assert part in message, part
    assert "role-alternation" not in page("document.querySelector('[data-message=\"3\"]').textContent")
    assert "found at this message in exchange 1" in page(
        "document.querySelector('details[data-exchange=\"2\"]').textContent"
    )
    assert "2 messages sent before" in page("document.querySelector('details[data-exchange=\"1\"]').textContent")
    assert "HTTP 400" in page("document.querySelector('[data-level=ERROR]').textContent")
    browser.until("document.querySelector('.bar.failed[data-exchange]')")
    page("location.hash = '#run-1/turn-1/exchange-1/message-0'")
    browser.until(f"{DETAIL}.includes('You are nex, a careful engineer')")
    browser.until("document.activeElement.dataset.message === '0'")
    assert browser.complaints() == []


def test_hostile_recordings_run_nothing_and_fetch_nothing(
    browser: Browser, tmp_path: Path, listener: tuple[str, list[str]]
) -> None:
    """Scripts, images, styles, bidi controls and a megabyte on one line show as text; nothing runs, loads or hides."""
    remote, seen = listener
    report = Report(title=remote, runs=(sample.hostile(remote), sample.hostile(remote, 5000)))
    page = show(browser, report, tmp_path, "#run-1/turn-1")
    browser.until(f"{DETAIL}.includes('the last message')")
    browser.run("Promise.all([...document.querySelectorAll('details')].map((one) => one.unfold && one.unfold()))")
    browser.run("document.querySelector('button.curl').click()")
    browser.until("document.querySelector('textarea.command')")
    dom = page("document.documentElement.outerHTML")
    assert (seen, browser.requests(), browser.complaints()) == ([], [], [])
    assert page("document.title") == f"{remote} · nexdiag"
    assert page("document.querySelectorAll('img, iframe, link, object, base, a:not([href^=\"#\"])').length") == 0
    assert page("document.querySelectorAll('style').length") == 1
    names = "[...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())"
    assert not page(f"{names}.filter((name) => name.startsWith('on')).length")
    said = "[...document.querySelectorAll('.request .message-body > .text')].map((one) => one.innerText)"
    texts = page(f"{said}")
    for place, wanted in ((1, "</script><script>"), (3, "<style>body{display:none}"), (5, "⟨U+202E⟩gnp.exe")):
        assert texts[place].startswith(wanted)
    assert "Show 996,000 more characters" in texts[8]
    assert texts[9] == "the last message"
    assert page("document.querySelector('[data-message=\"9\"]').getBoundingClientRect().height") > 20
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", dom)


FOREIGN = """
const bad = document.createElement("script");
bad.append("document.title = 'pwned'");
document.body.append(bad);
"""
SINK = "try { document.body.innerHTML = '<b>markup</b>'; 'made' } catch (error) { error.name }"
PICTURE = "new Promise((done, lost) => Object.assign(new Image(), {onload: done, onerror: lost, src: 'ADDRESS'}))"


def test_the_policy_is_in_force(browser: Browser, tmp_path: Path, listener: tuple[str, list[str]]) -> None:
    """If a text did become code by some mistake of ours, it would not run, could make no markup and reach nobody."""
    remote, seen = listener
    page = show(browser, sample.single_report(sample.stream_options()), tmp_path)
    title = page("document.title")
    page(FOREIGN)
    assert page(SINK) == "TypeError"
    for request in (f"fetch('{remote}')", PICTURE.replace("ADDRESS", f"{remote}/x.png")):
        assert page(f"{request}.then(() => 'loaded', () => 'refused')") == "refused"
    assert (page("document.title"), seen) == (title, [])


def test_a_thousand_turns_are_walked_and_searched(browser: Browser, tmp_path: Path) -> None:
    """Few rows exist and each tells its place; keys and search reach every turn, an old one's folded text too."""
    page = show(browser, sample.single_report(sample.long_run(1000)), tmp_path)
    rows = "[...document.querySelectorAll('[role=option]')]"
    assert page(f"{rows}.length") < 60
    page("document.querySelector('[role=option]').focus()")
    for key, wanted in (
        ("End", "Turn 1000"),
        ("ArrowUp", "Turn 999"),
        ("Home", "Turn 1"),
        ("j", "Turn 2"),
        ("k", "Turn 1"),
    ):
        browser.press(key)
        browser.until(f"{HEADING} === {wanted!r} && {FOCUSED} === {wanted!r}")
    page("document.querySelector('.turn-list').scrollTop = 1e9")
    browser.until(f"{rows}.at(-1).getAttribute('aria-posinset') === '1000'")
    assert page(f"{rows}.at(-1).getAttribute('aria-setsize')") == "1000"
    assert page(f"{rows}.length") < 60
    page("location.hash = '#run-1/turn-900'")
    browser.until(f"{HEADING} === 'Turn 900' && {DETAIL}.includes('1,798 messages sent before')")
    assert "Answer 437." not in page(DETAIL)
    browser.press("/")
    browser.type("answer 437.")
    browser.until(f"{COUNTED} === '1 of 1,000 turns, all searched'")
    page("document.querySelector('[role=option]').click()")
    browser.until(f"{HEADING} === 'Turn 437' && CSS.highlights.get('found').size > 0")
    browser.press("Escape")
    browser.until(f"{COUNTED} === '1,000 turns'")
    browser.press("?")
    assert page("document.querySelector('dialog').open") is True
    browser.press("Escape")
    assert page("document.querySelector('dialog').open") is False
    assert browser.complaints() == []


def test_a_screen_reader_and_a_shell_are_served(browser: Browser, tmp_path: Path) -> None:
    """List, rows, detail and plots have roles and names; filters tell their count; curl is quoted and has no key."""
    page = show(browser, sample.single_report(sample.alternation()), tmp_path, "#run-1/turn-2")
    tree = browser.tree()
    named = {(role, name) for role, name, _ in tree}
    assert {
        ("listbox", "Turns"),
        ("region", "Turn"),
        ("region", "Request"),
        ("searchbox", "Search in everything that was recorded"),
    } <= named
    parts = {role for role, _, _ in tree}
    assert {"banner", "main", "contentinfo", "search", "status", "region", "heading"} <= parts
    outline = browser.outline()
    assert outline[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(outline)), outline
    assert browser.unnamed() == []
    assert "Turn 2 of 2, failed" in page("document.getElementById('live').textContent")
    chosen = [name for role, name, facts in tree if role == "option" and facts.get("selected") and "Any" not in name]
    assert len(chosen) == 1
    assert "Turn 2" in chosen[0]
    assert "failed" in chosen[0]
    assert any(role in ("image", "img") and name.startswith("Waterfall: 3 exchanges") for role, name, _ in tree)
    page("document.querySelector('select').selectedIndex = 1")
    page("document.querySelector('select').dispatchEvent(new Event('change'))")
    assert page(COUNTED) == "1 of 2 turns"
    assert page("document.querySelector('.turn-side > .note').hidden")
    page("document.querySelector('select').selectedIndex = 2")
    page("document.querySelector('select').dispatchEvent(new Event('change'))")
    assert page(f"[{COUNTED}, {HEADING}]") == ["1 of 2 turns", "Turn 2"]
    assert "not among those" in page("document.querySelector('.turn-side').innerText")
    page("document.querySelector('.clear').click()")
    browser.until(f"{COUNTED} === '2 turns' && location.hash === '#run-1/turn-2'")
    assert page("document.querySelector('.clear').hidden && document.querySelector('.turn-side > .note').hidden")
    page("document.querySelector('select').selectedIndex = 1")
    page("document.querySelector('select').dispatchEvent(new Event('change'))")
    page("document.querySelector('button.curl').click()")
    browser.until("document.querySelector('textarea.command')")
    command = page("document.querySelector('textarea.command').value")
    assert command.startswith("curl --globoff -X 'POST' \\\n  --url 'http://127.0.0.1:30000/v1/chat/completions'")
    assert '-H "authorization: Bearer $OPENAI_API_KEY"' in command
    assert "--data-raw '{" in command
    assert "[redacted]" not in command
    page("document.activeElement.blur()")
    browser.press("n")
    browser.until(
        "document.activeElement.matches('aside.finding') && location.hash === '#run-1/finding-1?status=failed'"
    )
    for width, dark in ((390, True), (1200, False)):
        picture = browser.look(width, 900, dark=dark)
        assert len(picture) > 20_000
        assert page("document.documentElement.scrollWidth") <= width


def test_a_link_holds_what_the_list_shows(browser: Browser, tmp_path: Path) -> None:
    """Search words, choices and times go into the fragment and come back; a link that offers more is harmless."""
    link = "#run-1/turn-2?status=failed&find=must%20alternate&tool=%3Cscript%3E&times=x~9"
    page = show(browser, sample.single_report(sample.alternation()), tmp_path, link)
    browser.until(f"{COUNTED} === '1 of 2 turns, all searched' && {HEADING} === 'Turn 2'")
    assert page("document.querySelector('.search').value") == "must alternate"
    assert page("document.querySelector('select').selectedOptions[0].textContent") == "failed"
    browser.press("n")
    browser.until("location.hash === '#run-1/finding-1?status=failed&find=must+alternate'")
    browser.press("Escape")
    browser.until(f"{COUNTED} === '2 turns' && location.hash === '#run-1/finding-1'")
    browser.until("document.querySelector('.times > summary')")
    page("document.querySelector('.times > summary').click()")
    page("document.querySelector('.sliders input').focus()")
    browser.press("End")
    browser.until("document.activeElement.value === '199' && location.hash.includes('?times=')")
    assert page(COUNTED).startswith("1 of 2 turns, from ")
    assert "after the beginning" in page("document.activeElement.getAttribute('aria-valuetext')")
    whole = page("location.hash")
    page("document.querySelector('.times .more').click()")
    assert page(COUNTED) == "2 turns"
    page(f"location.hash = {whole!r}")
    browser.until(f"{COUNTED}.startsWith('1 of 2 turns') && document.querySelector('.sliders input').value === '199'")
    assert browser.complaints() == []


def test_a_finding_gives_its_grounds_and_d_walks_what_a_replay_changed(browser: Browser, tmp_path: Path) -> None:
    """Beside the message: why it weighs, facts to check, consequences; `d` goes round the turns that differ."""
    run = sample.alternation()
    first = msgspec.structs.replace(
        run.findings[0], because="SGLang's template says so", consequences=("tool-missing: </script> gone",),
        evidence=("messages[3] is a user", *run.findings[0].evidence), origin=Origin(kind="answer", turn=1),
    )  # fmt: skip
    replayed = (TurnVerdict(number=1, said="", outcome="changed"), TurnVerdict(number=2, said="", outcome="changed"))
    told = msgspec.structs.replace(run, findings=(first, *run.findings[1:]), replayed=replayed)
    page = show(browser, sample.single_report(told), tmp_path, "#run-1/finding-1")
    browser.until("document.activeElement.matches('aside.finding')")
    card = page("document.activeElement.textContent")
    for part in (
        "SGLang's template says so",
        "messages[3] is a user",
        "1 consequence",
        "</script> gone",
        "answer of turn 1",
    ):
        assert part in card, part
        assert part in page("document.querySelector('article.cause').textContent"), part
    page("document.activeElement.blur()")
    for wanted in ("Turn 1", "Turn 2", "Turn 1"):
        browser.press("d")
        browser.until(f"{HEADING} === {wanted!r}")


def test_without_scripts_the_summary_stands(browser: Browser, tmp_path: Path) -> None:
    """Verdict, cause, findings, counts and plots are there when scripts are off."""
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page = tmp_path / "report.html"
        page.write_text(render(sample.single_report(sample.alternation())), "utf-8")
        browser.open(page)
        told = browser.run("document.body.innerText")
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)
    for part in (
        "Failed",
        "role-alternation",
        "Join the warning",
        "NX702",
        "3 (1 retried)",
        "Scripts are off",
        "Waterfall",
    ):
        assert part in told, part
    assert browser.run("document.querySelectorAll('svg').length") > 0


def test_the_page_refers_to_nothing_outside() -> None:
    """No address outside the page stands in a place that loads."""
    page = render(Report(title="empty", runs=()))
    assert not re.search(r"(src|href)\s*=\s*[\"']?(?!#)[a-z]+:", page)
    assert "@import" not in page
    assert "url(" not in page
    assert "No runs" in page


def test_a_name_is_one_line_and_stands_once() -> None:
    """A line break in a file's name begins no line of the page; the name of the only run is not shown twice."""
    name = "a\n::error::b"
    run = msgspec.structs.replace(sample.healthy(), name=name)
    page = render(Report(title=name, runs=(run,)))
    assert "\n::error" not in page
    assert "<title>a⏎::error::b · nexdiag</title>" in page
    assert '<h2 id="run-1-name" class="sr">a⏎::error::b</h2>' in page
    two = render(Report(title=name, runs=(run, run)))
    assert '<h2 id="run-2-name" class="sr">' not in render(Report(title="two", runs=(run, run)))
    assert two.count(f'class="why">{run.profile} · ') == 2, "two runs of one name are told apart by their servers"


def test_no_recorded_text_ends_a_script() -> None:
    """A recording that spells the end of a script element, or its comment syntax, cannot end or hide ours."""
    page = render(sample.single_report(sample.hostile(length=10)))
    assert page.count("</script") == page.count("<script")
    assert "<!--" not in page


def test_pages_are_the_same_each_time() -> None:
    """The same report gives the same bytes."""
    for report in (sample.sample_report(), sample.single_report(sample.hostile())):
        assert render(report) == render(report)


def test_a_long_recording_stays_small() -> None:
    """What resends its history stays far below what a mail attachment may be."""
    page = render(sample.single_report(long_run()))
    assert len(page) < 900 * TURNS
