"""One output item of a streamed response, as it grows.

An item is told up to three times: in deltas, whole at its end, and in the last event. The whole ones count, for only
they hold what is sealed; but not where they hold less: vLLM's last event had the last token in place of the text, or no
output at all.
"""

from typing import Any

from nexdiag.codec import jsontext
from nexdiag.codec.lenient import words
from nexdiag.codec.responses.item import assistant_message


class Growing:
    """An item, from its announcement on."""

    def __init__(self, value: dict[str, Any], place: int | None) -> None:
        """Begin with what its announcement said; `place` is that of a call among the calls."""
        self.value = value
        self.place = place
        self.whole = False
        """Whether the server has told the item whole."""
        self._pieces: list[str] = []
        self._again = ""

    @property
    def spoke(self) -> bool:
        """Whether deltas, or the item whole, have told what it says."""
        return bool(self._pieces) or self.whole

    @property
    def name(self) -> str:
        """The tool's name; empty while it is not known, and for what is no call."""
        return words(self.value.get("name"))

    def grow(self, text: str) -> None:
        """Take the text of a delta."""
        self._pieces.append(text)

    def repeat(self, text: str) -> None:
        """Take what is told again, behind its deltas: its text, or its arguments."""
        self._again = text

    def close(self, value: dict[str, Any]) -> None:
        """Take the item as it is told whole."""
        self.value, self.whole = value, True

    def told(self) -> dict[str, Any]:
        """The item as far as it came."""
        text = jsontext.mend("".join(self._pieces))
        kind = self.value.get("type")
        if not text or (self.whole and (kind not in _SPEAKING or self._outdoes(text))):
            return self.value
        if kind == "function_call":
            return self.value | {"arguments": text}
        if kind == "reasoning":
            return self.value | {"content": [], "summary": [{"type": "summary_text", "text": text}]}
        return self.value | {"content": [{"type": "output_text", "text": text}]}

    def _outdoes(self, text: str) -> bool:
        """Whether the item whole counts more than its deltas."""
        return _says_as_much(self.value, text) or self._again.strip() == _said(self.value).strip() != ""

    def last(self, other: dict[str, Any]) -> dict[str, Any]:
        """The item, or what the last event holds in its place, where nothing else told it whole."""
        mine = self.told()
        same = not self.whole and other.get("type") == mine.get("type")
        return other if same and _says_as_much(other, _said(mine)) else mine


_SPEAKING = ("message", "function_call")


def _said(item: dict[str, Any]) -> str:
    """The text of a message, or the arguments of a call."""
    message = assistant_message([item])
    return message.tool_calls[0].arguments if message.tool_calls else message.text


def _says_as_much(item: dict[str, Any], text: str) -> bool:
    """Whether the item says at least as much as that text; white space at the ends aside, which some servers strip."""
    return len(_said(item).strip()) >= len(text.strip())
