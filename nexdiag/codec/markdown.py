"""Markdown, as far as this: whether a place in a text stands inside code. What a model quotes is not what it does.

Law: text in, state out; where the text is cut changes nothing. A fence is a line that begins with three backticks or
tildes, and a span lies behind an odd backtick of its line: a text that still grows cannot be asked for more.
"""


class Code:
    """Follows a text piece by piece, and knows of its end so far."""

    def __init__(self) -> None:
        """Start before the first character."""
        self._fence = ("", 0)
        """The sign and the length of the open fence."""
        self._mark = ("", 0)
        """The run of fence signs with which this line begins."""
        self._growing = False
        self._blank = True
        self._ticks = 0
        """Backticks in this line, behind the mark."""

    @property
    def line_start(self) -> bool:
        """Whether nothing but white space stands before this place in its line."""
        return self._blank

    @property
    def inside(self) -> bool:
        """Whether this place stands in a fence, in the line of one, or in a code span."""
        sign, length = self._mark
        if self._fence[1] or length >= _FENCE:
            return True
        return (self._ticks + (length if sign == "`" else 0)) % 2 == 1

    def feed(self, piece: str) -> None:
        """Take the next piece of the text."""
        first, *lines = piece.split("\n")
        self._within(first)
        for line in lines:
            self._end_line()
            self._within(line)

    def _within(self, part: str) -> None:
        if self._blank:
            part = part.lstrip()
            if not part:
                return
            self._blank = False
            self._growing = part[0] in "`~"
            self._mark = (part[0] if self._growing else "", 0)
        if self._growing:
            sign, length = self._mark
            rest = part.lstrip(sign)
            self._mark = (sign, length + len(part) - len(rest))
            self._growing = not rest
            part = rest
        self._ticks += part.count("`")

    def _end_line(self) -> None:
        sign, length = self._mark
        if length >= _FENCE:
            if not self._fence[1]:
                if sign == "~" or not self._ticks:  # ```this``` is a span, and opens nothing
                    self._fence = self._mark
            elif sign == self._fence[0] and length >= self._fence[1]:
                self._fence = ("", 0)
        self._mark, self._growing, self._blank, self._ticks = ("", 0), False, True, 0


_FENCE = 3
