"""Markdown, as far as this: whether a place in a text stands inside code, and whether a block may begin there.

What a model quotes is not what it does. Law: text in, state out; where the text is cut changes nothing. A fence is a
line that begins with three backticks or tildes. A span lies behind a run of backticks, up to the next run of the same
length, and ends with its line: a text that still grows cannot be asked for more.
"""

import re

_FENCE = 3
_INDENT = 3
"""Spaces before a block; with one more it is code."""
_RUN = re.compile("`+")
_SIGNS = re.compile("`+|<!--|-->")
_QUOTING = (">", "|")
"""How the lines of a quote and of a table begin; both go on, whatever a line begins with, up to a blank one."""


class Code:
    """Follows a text piece by piece, and knows of its end so far."""

    def __init__(self) -> None:
        """Start before the first character."""
        self._fence = ("", 0)
        """The sign and the length of the open fence."""
        self._fence_indent = 0
        self._mark = ("", 0)
        """The run of fence signs with which this line begins."""
        self._growing = False
        self._info = False
        """Whether more than white space stands behind the mark."""
        self._indent: list[str] = []
        self._blank = True
        self._run = 0
        """The length of the run of backticks that may still grow."""
        self._span = 0
        """The length of the run that opened the span."""
        self._ticks = False
        """Backticks stand in this line behind the mark."""
        self._line: list[str] = []
        """This line behind its indent."""
        self._quote = False
        self._comment = False

    @property
    def line_start(self) -> bool:
        """Whether nothing but white space stands before this place in its line."""
        return self._blank

    @property
    def block_start(self) -> bool:
        """Whether a block of its own may begin here: at most three spaces into its line, and nothing is quoted there.

        That is outside code, comments, block quotes and tables.
        """
        if not self._blank or self.inside or self._comment or self._quote:
            return False
        return shallow("".join(self._indent))

    @property
    def inside(self) -> bool:
        """Whether this place stands in a fence, in the line of one, or in a code span."""
        if self._fence[1] or self._mark[1] >= _FENCE:
            return True
        return _spanned(self._span, self._run) > 0

    def feed(self, piece: str) -> None:
        """Take the next piece of the text."""
        first, *lines = piece.split("\n")
        self._within(first)
        for line in lines:
            self._end_line()
            self._within(line)

    def _within(self, part: str) -> None:
        if self._blank:
            rest = part.lstrip()
            if len(rest) < len(part):
                self._indent.append(part[: len(part) - len(rest)])
            part = rest
            if not part:
                return
            self._blank = False
            self._growing = part[0] in "`~"
            self._mark = (part[0] if self._growing else "", 0)
        if not part:
            return
        self._line.append(part)
        self._spans(part)
        if self._growing:
            sign, length = self._mark
            rest = part.lstrip(sign)
            self._mark = (sign, length + len(part) - len(rest))
            self._growing = not rest
            part = rest
        self._info = self._info or bool(part.strip())
        self._ticks = self._ticks or "`" in part

    def _spans(self, part: str) -> None:
        if part[0] != "`":
            self._span, self._run = _spanned(self._span, self._run), 0
        for run in _RUN.finditer(part):
            length = self._run + len(run[0])
            if run.end() == len(part):
                self._run = length
            else:
                self._span, self._run = _spanned(self._span, length), 0

    def _end_line(self) -> None:
        self._comments("".join(self._line))
        sign, length = self._mark
        indent = sum(map(len, self._indent))
        if length >= _FENCE:
            if not self._fence[1]:
                if sign == "~" or not self._ticks:  # ```this``` is a span, and opens nothing
                    self._fence, self._fence_indent = self._mark, indent
            elif sign == self._fence[0] and length >= self._fence[1] and not self._info:
                self._fence = ("", 0) if indent <= self._fence_indent + _INDENT else self._fence
        self._quote = not self._blank and (self._quote or self._line[0].startswith(_QUOTING))
        self._mark, self._growing, self._info, self._blank = ("", 0), False, False, True
        self._run, self._span, self._ticks = 0, 0, False
        self._indent, self._line = [], []

    def _comments(self, line: str) -> None:
        """Follow comments through this line. What stands in code opens none; an unpaired run of backticks is none."""
        if "<!--" not in line and "-->" not in line:
            return
        signs = list(_SIGNS.finditer(line))
        last = {len(sign[0]): sign.start() for sign in signs if sign[0][0] == "`"}
        span = 0
        for sign in signs:
            if self._comment:
                self._comment = sign[0] != "-->"
            elif sign[0][0] == "`":
                length = len(sign[0])
                span = _spanned(span, length) if span or last[length] > sign.start() else 0
            elif not span and not self._fence[1]:
                self._comment = sign[0] == "<!--"


def shallow(indent: str) -> bool:
    """Whether a line with this white space before its text is no indented code."""
    return len(indent) <= _INDENT and not indent.strip(" ")


def _spanned(span: int, run: int) -> int:
    """The run that the open span waits for, behind this one; 0 outside."""
    if not run:
        return span
    return (0 if run == span else span) if span else run
