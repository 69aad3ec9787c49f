"""Turns HTML into text that reads like Markdown. Run as a program, since a page comes from anybody.

`python page.py` reads one JSON line {"url": ...} and then the page, and writes the text. The standard library's parser
can be made to take hours over a few megabytes (CVE-2025-6069); a process of its own can be ended, a thread cannot.

Law: no recursion, and nesting is bounded; only the standard library is imported, so that it runs with `-IS`.
"""

import json
import re
import sys
from html.parser import HTMLParser
from urllib.parse import urljoin

NESTING = 64
"""Open lists, links and quotes that are kept track of."""
URL_LENGTH = 1000

_DROPPED = frozenset({"script", "style", "noscript", "svg", "template", "iframe", "object", "canvas"})
_BLOCKS = frozenset(
    {
        *("p", "div", "section", "article", "main", "header", "footer", "nav", "aside"),
        *("table", "ul", "ol", "dl", "dt", "dd", "figure", "form", "fieldset"),
        *("address", "details", "summary", "blockquote", "h1", "h2", "h3", "h4", "h5"),
        *("h6", "pre", "tr", "li", "title"),
    }
)
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_QUOTES = {"code": "`", "kbd": "`", "samp": "`", "b": "**", "strong": "**", "em": "*", "i": "*"}


class Page(HTMLParser):
    """Collects a page's text, piece by piece."""

    def __init__(self, url: str) -> None:
        """`url` is where the page came from: links in it are relative to that."""
        super().__init__(convert_charrefs=True)
        self.title = ""
        self._url = url
        self._pieces: list[str] = []
        self._dropping: list[str] = []
        self._lists: list[int | None] = []
        self._links: list[tuple[str, int]] = []
        self._pre = 0
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        given = dict(attrs)
        if tag == "title" and not self.title:
            self._in_title = True
        if tag == "base" and given.get("href"):
            self._url = _joined(self._url, given["href"] or "")
        if tag in _DROPPED and len(self._dropping) < NESTING:
            self._dropping.append(tag)
        if self._dropping:
            return
        if tag in _BLOCKS:
            self._break(2 if tag in {"p", "pre", "table", "blockquote", *_HEADINGS} else 1)
        self._open(tag, given)

    def _open(self, tag: str, given: dict[str, str | None]) -> None:
        if tag in _HEADINGS:
            self._pieces.append(_HEADINGS[tag] + " ")
        elif tag in {"ul", "ol"} and len(self._lists) < NESTING:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._pieces.append(self._bullet())
        elif tag == "pre":
            self._pre += 1
            self._pieces.append("```\n")
        else:
            self._open_inline(tag, given)

    def _open_inline(self, tag: str, given: dict[str, str | None]) -> None:
        if tag == "a" and len(self._links) < NESTING:
            self._links.append((_link(self._url, given.get("href") or ""), len(self._pieces)))
        elif tag == "img" and (given.get("alt") or "").strip():
            self._pieces.append(f"[image: {(given['alt'] or '').strip()}]")
        elif tag in {"td", "th"}:
            self._pieces.append(" | ")
        elif tag == "br":
            self._break(1)
        elif tag == "hr":
            self._break(2)
            self._pieces.append("---")
            self._break(2)
        elif tag in _QUOTES and not self._pre:
            self._pieces.append(_QUOTES[tag])

    def _bullet(self) -> str:
        indent = "  " * max(0, len(self._lists) - 1)
        if self._lists and (number := self._lists[-1]) is not None:
            self._lists[-1] = number + 1
            return f"{indent}{number + 1}. "
        return f"{indent}- "

    def handle_endtag(self, tag: str) -> None:
        """An element ends, or a stray end stands there."""
        if tag == "title":
            self._in_title = False
        if self._dropping:
            if tag in self._dropping:  # what was left open within it ends with it
                del self._dropping[self._dropping.index(tag) :]
            return
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif tag == "a" and self._links:
            self._close_link(*self._links.pop())
        elif tag == "pre" and self._pre:
            self._pre -= 1
            self._break(1)
            self._pieces.append("```")
        elif tag in _QUOTES and not self._pre:
            self._pieces.append(_QUOTES[tag])
        if tag in _BLOCKS:
            self._break(2 if tag in {"p", "pre", "table", "blockquote", *_HEADINGS} else 1)

    def _close_link(self, url: str, begin: int) -> None:
        text = " ".join("".join(self._pieces[begin:]).split())
        if url and text:
            self._pieces[begin:] = [f"[{text}]({url})"]

    def handle_data(self, data: str) -> None:
        """Text stands there."""
        if self._in_title:
            self.title += data
        elif not self._dropping:
            self._pieces.append(data if self._pre else re.sub(r"[ \t\r\n\f]+", " ", data))

    def _break(self, lines: int) -> None:
        self._pieces.append("\n" * lines)

    def text(self) -> str:
        """Return what was collected, under the page's title, without needless white space."""
        body = re.sub(r"[ \t]+\n", "\n", "".join(self._pieces))
        body = re.sub(r"\n[ \t]+(?=[^-\d\s])", "\n", body) if "```" not in body else body
        body = re.sub(r"\n{3,}", "\n\n", body).strip()
        title = " ".join(self.title.split())
        return f"# {title}\n\n{body}" if title and not body.startswith("# ") else body


def _link(base: str, href: str) -> str:
    """Return the whole address of a link; empty for one that leads to no page."""
    href = href.strip()
    if not href or href.startswith(("#", "javascript:", "data:", "mailto:")):
        return ""
    return _joined(base, href)


def _joined(base: str, href: str) -> str:
    try:
        url = urljoin(base, href.strip())
    except ValueError:  # brackets that hold no address
        return ""
    return url if len(url) <= URL_LENGTH and url.isprintable() and " " not in url else ""


def to_text(html: str, url: str = "") -> str:
    """Return an HTML page as text."""
    page = Page(url)
    page.feed(html)
    page.close()
    return page.text()


def main() -> None:
    """Serve one page: its head line and its text on stdin, what it says on stdout."""
    head = json.loads(sys.stdin.buffer.readline())
    html = sys.stdin.buffer.read().decode("utf-8", "replace")
    sys.stdout.buffer.write(to_text(html, head["url"]).encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
