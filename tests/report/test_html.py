"""Promises of nexdiag.report.html, proven in a real browser."""

import base64
import hashlib
import http.server
import os
import re
import shutil
import struct
import subprocess
import threading
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report import sample

from nexdiag.core.run import Report
from nexdiag.report.html import render

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--virtual-time-budget=5000",
)  # fmt: skip
VOID = {"meta", "br", "img", "link", "input", "hr", "rect", "line", "circle"}


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("wanted chromium for the browser tests of the HTML report, found none: install it in CI")
    if found is None:
        pytest.skip("no chromium on this machine: the HTML report was not opened in a browser")
    return found


def browse(chromium: str, report: Report, tmp_path: Path, *flags: str, fragment: str = "") -> str:
    page = tmp_path / "report.html"
    page.write_text(render(report), "utf-8")
    command = [chromium, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *flags, page.as_uri() + fragment]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True, encoding="utf-8", errors="replace")
    assert "Uncaught" not in done.stderr, done.stderr
    return done.stdout


class Dom(HTMLParser):
    """The text of each element together with the elements around it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.found: list[tuple[list[dict[str, str | None]], str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(tag in ("script", "style") for tag, _ in self.open):
            self.found.append(([attributes for _, attributes in self.open], data))

    def within(self, **wanted: str) -> str:
        """All text inside elements that have the attributes."""
        names = {key.replace("_", "-"): value for key, value in wanted.items()}
        return "".join(
            data
            for around, data in self.found
            if any(all(one.get(name) == value for name, value in names.items()) for one in around)
        )

    def text(self) -> str:
        return "".join(data for _, data in self.found)


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


def test_findings_stand_inside_the_message_they_concern(chromium: str, tmp_path: Path) -> None:
    """After its script has run, the page shows turns, requests message by message, and each finding at its place."""
    dom = Dom(browse(chromium, sample.sample_report(), tmp_path, "--dump-dom", fragment="#run-2/finding-1"))
    rows = [attributes for tag, attributes in dom.tags if attributes.get("role") == "option"]
    assert [row["aria-posinset"] for row in rows] == ["1", "2"]
    assert "Turn 1" in dom.within(role="listbox")
    message = dom.within(data_message="4")
    assert "Now run it again." in message
    assert "role-alternation" in message
    assert "must alternate" in message
    assert "Join the warning" in message
    assert "role-alternation" not in dom.within(data_message="3")
    assert "found at this message in exchange 1" in dom.within(data_exchange="2")
    assert "2 messages sent before" in dom.within(data_exchange="1")
    assert "HTTP 400" in dom.within(data_level="ERROR")
    assert any(tag == "svg" for tag, _ in dom.tags)
    assert [attributes["data-exchange"] for tag, attributes in dom.tags if attributes.get("class") == "bar failed"]
    assert "The explorer failed" not in dom.text()


def test_hostile_recordings_run_nothing_and_fetch_nothing(
    chromium: str, tmp_path: Path, listener: tuple[str, list[str]]
) -> None:
    """Scripts, images, styles, bidi controls and a megabyte on one line show as text; nothing runs, loads or hides."""
    remote, seen = listener
    report = Report(title=remote, runs=(sample.hostile(remote), sample.hostile(remote, 5000)))
    page = browse(chromium, report, tmp_path, "--dump-dom", fragment="#run-1/turn-1")
    dom = Dom(page)
    assert seen == []
    assert "<title>pwned" not in page
    assert not [tag for tag, _ in dom.tags if tag in ("img", "iframe", "link", "object", "base")]
    assert len([tag for tag, _ in dom.tags if tag == "style"]) == 1
    assert not [name for _, attributes in dom.tags for name in attributes if name.startswith("on")]
    assert dom.within(data_message="1").startswith("usermessages[1]new</script><script>")
    assert "<style>body{display:none}" in dom.within(data_message="3")
    assert "⟨U+202E⟩gnp.exe" in dom.within(data_message="5")
    assert "Show 996,000 more characters" in dom.within(data_message="8")
    assert "the last message" in dom.within(data_message="9")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", page)


def test_the_page_is_painted(chromium: str, tmp_path: Path) -> None:
    """A screenshot at phone width, in the dark, is not blank: it has many different rows of pixels."""
    shot = tmp_path / "shot.png"
    flags = (f"--screenshot={shot}", "--window-size=500,1600", "--blink-settings=preferredColorScheme=0")
    browse(chromium, sample.single_report(sample.alternation()), tmp_path, *flags)
    rows = pixel_rows(shot.read_bytes())
    assert len(rows) == 1600
    assert len(set(rows)) > 200


def pixel_rows(png: bytes) -> list[bytes]:
    """The rows of a PNG, still filtered: enough to tell a painted page from a blank one."""
    place, packed, height, width = 8, b"", 0, 0
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        kind, content = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            width, height = struct.unpack(">II", content[:8])
        packed += content if kind == b"IDAT" else b""
        place += length + 12
    flat = zlib.decompress(packed)
    size = len(flat) // height
    assert size > width
    return [flat[at : at + size] for at in range(0, len(flat), size)]


def test_the_policy_allows_our_own_script_and_style_alone() -> None:
    """The page may load nothing; script and style are known by the hash of the very text that stands there."""
    page = render(sample.sample_report())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].replace("&#x27;", "'").split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'"
    for name, pattern in (("script-src", r"<script>(.*?)</script>"), ("style-src", r"<style>(.*?)</style>")):
        content = re.findall(pattern, page, re.DOTALL)
        assert len(content) == 1
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"


def test_the_page_refers_to_nothing_outside() -> None:
    """No address outside the page stands in a place that loads."""
    page = render(Report(title="empty", runs=()))
    assert not re.search(r"(src|href)\s*=\s*[\"']?(?!#)[a-z]+:", page)
    assert "@import" not in page
    assert "url(" not in page
    assert "No runs" in page


def test_no_recorded_text_ends_a_script() -> None:
    """A recording that spells the end of a script element, or its comment syntax, cannot end or hide ours."""
    page = render(sample.single_report(sample.hostile(length=10)))
    assert "data-packed" not in page.split("<script", 1)[1].split("<script>")[0]
    assert page.count("</script") == page.count("<script") == 2
    assert "<!--" not in page


def test_pages_are_the_same_each_time() -> None:
    """The same report gives the same bytes, packed or not."""
    for report in (sample.sample_report(), sample.single_report(sample.hostile())):
        assert render(report) == render(report)


def test_a_long_recording_stays_small() -> None:
    """A thousand turns that resend their history stay far below what a mail attachment may be."""
    page = render(sample.single_report(sample.long_run(1000)))
    assert 'data-packed="gzip"' in page
    assert len(page) < 1_000_000
