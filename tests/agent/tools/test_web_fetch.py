"""web_fetch gets pages from a real server on this machine, tells nothing of ours, and is not led astray."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import httpx
import pytest
from loopback import Asked, serving

from nexdiag.agent.tools import web_fetch as module
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.web_fetch import CAP, WebFetch
from nexdiag.core.errors import ToolError

HTML = b"Content-Type: text/html; charset=utf-8\r\n"
PLAIN = b"Content-Type: text/plain\r\n"


def tool(root: Path, **more: object) -> WebFetch:
    return WebFetch(httpx.AsyncHTTPTransport(), spill=Spill(root / "out", root=root), **more)


def fetch(root: Path, answer: Callable[[Asked], Awaitable[None]], path: str = "/", **more: object) -> str:
    """What the tool says of a page of a server that answers so."""

    async def main() -> str:
        async with serving(answer) as url:
            fetching = tool(root, **more)
            try:
                return await fetching.run({"url": url + path})
            finally:
                await fetching.close()

    return asyncio.run(main())


def page(body: bytes, headers: bytes = PLAIN, status: int = 200) -> Callable[[Asked], Awaitable[None]]:
    async def answer(asked: Asked) -> None:
        await asked.answer(body, headers=headers, status=status)

    return answer


def refusal(root: Path, answer: Callable[[Asked], Awaitable[None]], **more: object) -> str:
    with pytest.raises(ToolError) as caught:
        fetch(root, answer, **more)
    return caught.value.what


def test_html_becomes_text_with_whole_links(tmp_path: Path) -> None:
    """Relative links are made whole, so that the model can follow them."""
    text = fetch(tmp_path, page(b"<title>T</title><p>\xc3\xa4 <a href='sub'>more</a>", HTML), "/dir/")
    assert text.startswith("# T\n\nä [more](http://127.0.0.1:")
    assert text.endswith("/dir/sub)")


def test_text_and_json_stay_as_they_are(tmp_path: Path) -> None:
    """JSON with its white space; a page without a type too, if it is text."""
    assert fetch(tmp_path, page(b'{"a":  1}', b"Content-Type: application/json\r\n")) == '{"a":  1}'
    assert fetch(tmp_path, page(b"a < b", b"")) == "a < b"
    assert fetch(tmp_path, page(b"", PLAIN)) == "(the page has no text)"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("ä".encode("latin-1"), b"Content-Type: text/plain; charset=iso-8859-1\r\n"),
        (b'<meta charset="iso-8859-1">' + "ä".encode("latin-1"), b"Content-Type: text/html\r\n"),
        ("ä".encode(), b"Content-Type: text/plain; charset=no-such-thing\r\n"),
        (b"\xef\xbb\xbf" + "ä".encode(), PLAIN),
    ],
)
def test_the_charset_is_found(tmp_path: Path, body: bytes, headers: bytes) -> None:
    """In the header, in the page, or UTF-8; one that there is not is passed over."""
    assert fetch(tmp_path, page(body, headers)) == "ä"


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    """A PDF, or bytes that claim to be text, become a note that says what to do."""
    for body, headers in ((b"%PDF-1.7", b"Content-Type: application/pdf\r\n"), (b"a\0b", PLAIN)):
        assert "is not text" in fetch(tmp_path, page(body, headers))


def test_nothing_of_ours_goes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no cookie, no proxy: not even a cookie that the server itself set a hop ago."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    heads: list[bytes] = []

    async def answer(asked: Asked) -> None:
        heads.append(asked.head.lower())
        if len(heads) == 1:
            await asked.answer(b"", status=302, headers=b"Location: /next\r\nSet-Cookie: a=b\r\n")
        else:
            await asked.answer(b"there", headers=PLAIN)

    assert fetch(tmp_path, answer) == "there"
    assert len(heads) == 2
    for head in heads:
        assert not any(word in head for word in (b"cookie", b"authorization", b"proxy", b"referer"))
        assert b"user-agent: nexdiag/" in head


def test_a_status_is_told_with_the_words(tmp_path: Path) -> None:
    """Not found is an error, not a page."""
    assert "HTTP 404 from http://127.0.0.1" in refusal(tmp_path, page(b"no such\npage", PLAIN, 404))
    assert refusal(tmp_path, page(b"no such\npage", PLAIN, 404)).endswith(": no such page")


def test_redirects_have_an_end(tmp_path: Path) -> None:
    """A circle is told."""
    assert "more than 5 redirects" in refusal(tmp_path, page(b"", b"Location: /\r\n", 302))


@pytest.mark.parametrize(
    ("location", "told"),
    [
        (b"file:///etc/passwd", "not an http or https address"),
        (b"http://user:pw@h/", "user or password"),
        (b"http://169.254.169.254/latest/meta-data", "link-local"),
        (b"http://10.0.0.1/", "private"),
        (b"http://h:99999/", "not an http or https address"),
        (b"http://h:9x/", "no address"),
    ],
)
def test_each_hop_is_checked_like_the_first(tmp_path: Path, location: bytes, told: str) -> None:
    """A good page cannot lead to a bad place."""
    assert told in refusal(tmp_path, page(b"", b"Location: " + location + b"\r\n", 302))


def test_a_page_elsewhere_cannot_lead_to_this_machine(tmp_path: Path) -> None:
    """Only the model itself may name it: a redirect from outside to a local service is refused."""
    sent: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.host)
        return httpx.Response(302, headers={"location": "http://127.0.0.1:80/admin"})

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ("127.0.0.1",) if host == "127.0.0.1" else ("93.184.216.34",)

    fetching = WebFetch(httpx.MockTransport(answer), spill=Spill(root=tmp_path), resolve=resolve)
    with pytest.raises(ToolError, match="is this machine"):
        asyncio.run(fetching.run({"url": "http://example.org/"}))
    assert sent == ["93.184.216.34"]


@pytest.mark.parametrize(
    "url",
    ["ftp://h/", "file:///etc/passwd", "h/x", "", "http://", "http://h/\x00", "http://" + "x" * 3000, "javascript:1"],
)
def test_what_is_no_web_address_is_refused(tmp_path: Path, url: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ToolError, match="not an http or https address"):
        asyncio.run(tool(tmp_path).run({"url": url}))


def test_a_password_in_the_address_is_refused(tmp_path: Path) -> None:
    """It would go to the server; and it is not repeated in the error."""
    with pytest.raises(ToolError) as caught:
        asyncio.run(tool(tmp_path).run({"url": "http://me:hunter2@127.0.0.1/"}))
    assert "hunter2" not in caught.value.what


def test_size_is_bounded_also_when_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb of a thousand times its size is unpacked only as far as the cap."""
    monkeypatch.setattr(module, "SIZE", 1 << 20)
    bomb = gzip.compress(b"x" * (50 << 20))
    tracemalloc.start()
    try:
        text = fetch(tmp_path, page(bomb, PLAIN + b"Content-Encoding: gzip\r\n"))
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()
    assert len(text) <= CAP
    kept = next((tmp_path / "out").iterdir()).read_text()
    assert kept.endswith("\n[only the first 1 MiB were read]")
    assert len(kept) < (1 << 20) + 100


def test_packing(tmp_path: Path) -> None:
    """Both usual ones are unpacked; broken and unknown ones are told."""
    assert fetch(tmp_path, page(zlib.compress(b"hi"), PLAIN + b"Content-Encoding: deflate\r\n")) == "hi"
    assert "cannot be fetched" in refusal(tmp_path, page(b"no gzip", PLAIN + b"Content-Encoding: gzip\r\n"))
    assert "packed as 'br'" in refusal(tmp_path, page(b"x", PLAIN + b"Content-Encoding: br\r\n"))


def test_silence_has_an_end(tmp_path: Path) -> None:
    """A server that never answers is given up (reference fault 29)."""

    async def main() -> None:
        over = asyncio.Event()

        async def never(asked: Asked) -> None:
            await asked.send(b"HTTP/1.1 200 OK\r\n")
            await over.wait()

        async with serving(never) as url:
            with pytest.raises(ToolError, match=r"no whole page within 0\.1 s"):
                await tool(tmp_path, seconds=0.1).run({"url": url})
            over.set()
            for _ in range(5):  # the server closes its side
                await asyncio.sleep(0)

    asyncio.run(main())


def test_what_breaks_off_is_told(tmp_path: Path) -> None:
    """Half a body, and a port where nobody listens, are errors in words."""

    async def half(asked: Asked) -> None:
        await asked.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")

    assert "cannot be fetched" in refusal(tmp_path, half)
    with pytest.raises(ToolError, match="cannot be fetched"):
        asyncio.run(tool(tmp_path).run({"url": "http://127.0.0.1:9/"}))


def test_a_page_is_fetched_once_a_session(tmp_path: Path) -> None:
    """Asked again, with or without its fragment's sake, the server is spared; a failure is not remembered."""
    asked_for: list[bytes] = []

    async def answer(asked: Asked) -> None:
        asked_for.append(asked.head)
        await asked.answer(b"x", headers=PLAIN, status=500 if len(asked_for) == 1 else 200)

    async def main() -> None:
        async with serving(answer) as url:
            fetching = tool(tmp_path)
            with pytest.raises(ToolError, match="HTTP 500"):
                await fetching.run({"url": url})
            assert [await fetching.run({"url": url}) for _ in range(3)] == ["x"] * 3
            await fetching.close()

    asyncio.run(main())
    assert len(asked_for) == 2


def test_a_long_page_shows_its_beginning_and_where_the_rest_is(tmp_path: Path) -> None:
    """The content stays in the answer; only what is over the cap is elsewhere (reference fault 40)."""
    text = fetch(tmp_path, page(b"".join(b"line %d\n" % n for n in range(10_000))))
    assert text.startswith("line 0\nline 1\n")
    assert len(text) <= CAP
    assert "out/00001-web_fetch.txt; read_file shows parts" in text


def test_html_that_takes_too_long_to_read_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard parser can be made to take hours; its process is ended."""
    monkeypatch.setattr(module, "_PARSING", 0.0)
    assert "takes too long to read" in refusal(tmp_path, page(b"<p>x", HTML))
