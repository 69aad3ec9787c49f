"""Thinking inside a text: `<think>…</think>` and its kin → text and reasoning.

Servers without a reasoning parser leave the tags in the content. Law: pure, linear, and blind to how the text is cut.

An opening tag counts where a model puts it, at the beginning of a line and outside code; the first closing tag ends
it, for thinking is full of code that nobody closed. Text in which a call is written keeps its tags: they may stand in
an argument. A closing tag that nothing opened (templates that open it themselves) makes thinking of all that stands
before it, if something follows; else it is dropped alone, and never the answer with it.
"""

import re

from nexdiag.codec.markdown import Code

PAIRS: dict[str, tuple[str, ...]] = {
    "<think>": ("</think>", "</thinking>"),
    "<thinking>": ("</thinking>", "</think>"),
    "[THINK]": ("[/THINK]",),
    "<seed:think>": ("</seed:think>",),
    "◁think▷": ("◁/think▷",),
    "<|channel|>analysis<|message|>": ("<|end|>",),
}
"""Opening tags, each with what closes it: Qwen and DeepSeek, others, Mistral, Seed, Kimi, gpt-oss."""

ORPHANS = ("</think>", "</thinking>", "[/THINK]")
"""Closing tags whose opening a template may have written."""

NOISE = ("<|start|>assistant", "<|channel|>final<|message|>", "<|channel|>commentary<|message|>", "<|return|>")
"""Frames of gpt-oss that say nothing; dropped behind its thinking."""

_CALLS = ("<tool_call", "<function=", "<invoke", "[TOOL_CALLS]", "<|python_tag|>", "<|tool_call")
_SIGN = re.compile(r"[<\[◁]")
_ALL = (*PAIRS, *ORPHANS, *NOISE, *_CALLS)
_TAG = re.compile("|".join(map(re.escape, _ALL)))
_CLOSING = {closers: re.compile("|".join(map(re.escape, closers))) for closers in PAIRS.values()}
_LONGEST = max(map(len, _ALL))
_WORD = re.compile(r"\S")
_Pieces = list[tuple[str, str]]


def split(text: str) -> tuple[str, str]:
    """The text without its thinking, and the thinking; without any tag, the very text."""
    whole = Filter()
    whole.feed(text)
    whole.close()
    return whole.text, whole.reasoning


class Filter:
    """Divides a text as it comes. `text` and `reasoning` are the division so far."""

    def __init__(self) -> None:
        """Start before the first character."""
        self.orphan = False
        """A closing tag came that nothing had opened: what was given as text before it was thinking."""
        self.unclosed = False
        """After `close`: the thinking had no end, so that it may hold the answer too."""
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._code = Code()
        self._tail = ""
        """The beginning of what may be a tag."""
        self._closers: tuple[str, ...] = ()
        """What ends the thinking; nothing while text is read."""
        self._blank: list[str] = []
        """White space that waits: at the start, and behind a closing tag that may be an orphan."""
        self._orphan = ""
        """That closing tag."""
        self._tagged = self._framed = self._calling = self._started = False

    @property
    def text(self) -> str:
        """What is said."""
        return "".join(self._text)

    @property
    def reasoning(self) -> str:
        """What is thought, without the white space around it."""
        return "".join(self._reasoning).strip()

    def feed(self, piece: str) -> _Pieces:
        """Take the next piece; give what it adds, each as `text` or `reasoning` and its characters."""
        return self._take(self._tail + piece, last=False)

    def close(self) -> _Pieces:
        """End the text: give what was held back."""
        pieces = self._take(self._tail, last=True)
        self.unclosed = bool(self._closers)
        tag, self._orphan = self._orphan, ""
        blank, self._blank = "".join(self._blank), []
        if tag and not self._code.line_start:
            pieces += self._said(tag + blank)
        elif blank and not tag and not self._tagged:
            pieces += self._said(blank)
        return pieces

    def _take(self, text: str, *, last: bool) -> _Pieces:
        self._tail = ""
        pieces: _Pieces = []
        at = 0
        while at < len(text) and not self._tail:
            if self._closers:
                at = self._think(text, at, pieces, last=last)
                continue
            if self._orphan or not self._started:
                at = self._wait(text, at, pieces)
            at = self._speak(text, at, pieces, last=last)
        return pieces

    def _think(self, text: str, at: int, pieces: _Pieces, *, last: bool) -> int:
        """Take thinking up to its closing tag, or to the end."""
        closer = _CLOSING[self._closers].search(text, at)
        end = len(text) if closer is None else closer.start()
        if closer is not None:
            self._closers = ()
        elif not last:
            end = _open_end(text, at, self._closers)
            self._tail = text[end:]
        if end > at:
            self._reasoning.append(text[at:end])
            pieces.append(("reasoning", text[at:end]))
        return end if closer is None else closer.end()

    def _wait(self, text: str, at: int, pieces: _Pieces) -> int:
        """Hold white space back while it is not known what it belongs to."""
        word = _WORD.search(text, at)
        end = len(text) if word is None else word.start()
        self._blank.append(text[at:end])
        if self._orphan and end < len(text):
            pieces += self._judged()
        return end

    def _judged(self) -> _Pieces:
        """Something follows the closing tag that nothing opened: it is one if it stands at an end of its line."""
        tag, self._orphan = self._orphan, ""
        blank, self._blank = "".join(self._blank), []
        if not self._code.line_start and "\n" not in blank:
            self._code.feed(tag + blank)
            return self._said(tag + blank)
        self._reasoning, self._text = [*self._text, *self._reasoning], []
        self.orphan = self._tagged = True
        self._started = False
        self._code = Code()
        return []

    def _speak(self, text: str, at: int, pieces: _Pieces, *, last: bool) -> int:
        """Take text up to the next tag that counts, or to the end."""
        read = at
        for sign in _SIGN.finditer(text, at):
            place = sign.start()
            self._code.feed(text[read:place])
            read = place
            found = _TAG.match(text, place)
            cut = not last and found is None and place + _LONGEST > len(text)
            tags = self._tags(started=self._started or place > at) if found or cut else ()
            if found and found[0] in tags:
                if found[0] in _CALLS:
                    self._calling = True
                    continue
                pieces += self._said(text[at:place])
                self._meet(found[0])
                return found.end()
            if cut and any(tag.startswith(text[place:]) for tag in tags):
                pieces += self._said(text[at:place])
                self._tail = text[place:]
                return len(text)
        self._code.feed(text[read:])
        pieces += self._said(text[at:])
        return len(text)

    def _tags(self, *, started: bool) -> tuple[str, ...]:
        """The tags that count at this place."""
        if self._code.inside or self._calling:
            return ()
        openers = tuple(PAIRS) if self._code.line_start else ()
        noise = NOISE if self._framed or not started else ()
        return (*openers, *noise, *(() if self._tagged else ORPHANS), *_CALLS)

    def _meet(self, tag: str) -> None:
        if tag in PAIRS:
            self._closers = PAIRS[tag]
            self._tagged = True
            self._framed = self._framed or tag.startswith("<|")
        elif tag in ORPHANS:
            self._orphan = tag

    def _said(self, text: str) -> _Pieces:
        """Text, with the white space that waited for it, unless thinking stood before that."""
        if not text:
            return []
        blank, self._blank = "".join(self._blank), []
        text = text if self._tagged else blank + text
        self._started = True
        self._text.append(text)
        return [("text", text)]


def _open_end(text: str, at: int, tags: tuple[str, ...]) -> int:
    """Where the end of the text begins that may be the beginning of a tag."""
    longest = max(map(len, tags))
    ends = range(max(at, len(text) - longest + 1), len(text))
    return next((end for end in ends if any(tag.startswith(text[end:]) for tag in tags)), len(text))
