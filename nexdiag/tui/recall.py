"""What was typed before: the input history, and a draft for each chat. Pure."""

_KEPT = 200


class Recall:
    """Goes back and forth through what was said, without losing what is being typed."""

    def __init__(self, said: list[str] | None = None) -> None:
        """`said` is what was said in earlier lives, oldest first."""
        self.said = [text for text in said or [] if text][-_KEPT:]
        self._at: int | None = None
        self._draft = ""

    def add(self, text: str) -> None:
        """This was said."""
        if text and (not self.said or self.said[-1] != text):
            self.said = [*self.said, text][-_KEPT:]
        self.leave()

    def leave(self) -> None:
        """What is in the input is new from here on."""
        self._at, self._draft = None, ""

    def older(self, typed: str) -> str | None:
        """What was said before what is shown; None at the beginning."""
        if self._at is None:
            self._draft = typed
        at = len(self.said) - 1 if self._at is None else self._at - 1
        if at < 0:
            return None
        self._at = at
        return self.said[at]

    def newer(self) -> str | None:
        """What was said after what is shown, at last what was being typed; None if nothing older is shown."""
        if self._at is None:
            return None
        self._at += 1
        if self._at < len(self.said):
            return self.said[self._at]
        draft = self._draft
        self.leave()
        return draft
