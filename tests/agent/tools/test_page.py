"""HTML comes out as text that a model can read, and any HTML comes out."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.tools import page
from nexdiag.agent.tools.page import to_text

URL = "http://h/dir/page"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<h1>T</h1><h3>U</h3>x", "# T\n\n### U\n\nx"),
        ("<title> The  title </title><body>x", "# The title\n\nx"),
        ("a <b>b</b> <em>c</em> <code>d</code>", "a **b** *c* `d`"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "- a\n- b\n\n  - c"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n\n2. b"),
        ('<a href="x">y</a> <a href="/z?q">w</a>', "[y](http://h/dir/x) [w](http://h/z?q)"),
        ('<a href="javascript:x()">y</a><a href="#top">z</a><a>v</a>', "yzv"),
        ("<pre>  a\n   b</pre>", "```\n  a\n   b\n```"),
        ("a<script>alert('x')</script><style>p{}</style>b<svg><text>t</text></svg>c", "abc"),
        ('<img src="i" alt="a cat"><img src="j">', "[image: a cat]"),
        ("a<svg><h1>t</h1><a href=x>u</a><object></svg>b", "ab"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "| a | b\n| c"),
        ("&lt;b&gt; &amp; &#228;", "<b> & ä"),
        ("a<br>b<hr>c", "a\nb\n\n---\n\nc"),
        ('<base href="http://other/"><a href="x">y</a>', "[y](http://other/x)"),
        ("", ""),
    ],
)
def test_what_elements_become(html: str, text: str) -> None:
    """Headings, lists, links and code stay what they are; programs and styles go."""
    assert to_text(html, URL) == text


@pytest.mark.parametrize(
    "html", ["<div>" * 50_000, "<ul><li>" * 20_000, "<a href=x>" * 20_000, "</p>" * 50_000, "<!--"]
)
def test_nesting_is_no_recursion(html: str) -> None:
    """A page nested a thousand times over is read as a flat one."""
    assert isinstance(to_text(html + "end", URL), str)


@pytest.mark.parametrize("href", ["http://[", "x" * 5000, "a b\nc", "http://h/\x1b[31m"])
def test_an_odd_link_is_only_its_text(href: str) -> None:
    """No address that is none, no control character, nothing endless."""
    text = to_text(f'<a href="{href}">y</a>', URL)
    assert text.endswith(("y", "y](http://h/dir/a%20b)")) or len(text) < 1100
    assert "\x1b" not in text


@given(st.text(alphabet="<>/!-?=\"'& \nabliuophre13t[]()", max_size=200))
def test_any_text_is_a_page(html: str) -> None:
    """No page ends the program."""
    assert isinstance(to_text(html, URL), str)


def test_as_a_program_it_reads_one_page() -> None:
    """Isolated, with nothing but the standard library."""
    told = b'{"url": "http://h/"}\n<p>\xc3\xa4 <a href="x">y</a>'
    done = subprocess.run([sys.executable, "-IS", page.__file__], input=told, capture_output=True, check=True, env={})
    assert done.stdout.decode() == "ä [y](http://h/x)"
