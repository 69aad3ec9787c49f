"""The chat that is shown: what its executor tells goes into the transcript, and what the status line says comes of it.

Law: it decides what a progress means for the screen; drawing is the view's, waiting is the link's.
"""

from collections.abc import Callable, Sequence

from nexdiag.agent.progress import Progress, TurnEnded, TurnStarted, UsageTold
from nexdiag.core.message import Usage
from nexdiag.tui.desk import Outcome
from nexdiag.tui.entries import Said
from nexdiag.tui.past import entries_of
from nexdiag.tui.status import doing
from nexdiag.tui.transcript import Transcript
from nexdiag.tui.view import Conversation
from nexdiag.tui.words import Page


class Talk:
    """What is known of the chat that is shown."""

    def __init__(self, view: Conversation, *, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        """`clock` gives seconds; `changed` is called when the status has."""
        self.view = view
        self.usage = Usage()
        """Of all replies since it was opened."""
        self.used = 0
        self.window: int | None = None
        self.doing = ""
        self.away = False
        """The daemon does not answer."""
        self.here = False
        """Whether its history is on the screen."""
        self._clock = clock
        self._changed = changed
        self._began = 0.0
        self._behind = False
        """A turn was under way when its history was loaded: it will be told from its beginning."""

    @property
    def transcript(self) -> Transcript:
        """What is shown."""
        return self.view.transcript

    @property
    def running(self) -> bool:
        """Whether a turn is under way."""
        return self.transcript.running is not None

    @property
    def seconds(self) -> float:
        """Since the turn under way began, as far as it was seen."""
        return self._clock() - self._began if self.running else 0.0

    async def reset(self, queued: Sequence[Said] = ()) -> None:
        """Another chat: nothing is known of it yet, but what was said to it and waits."""
        self.usage, self.used, self.window, self.doing, self.here = Usage(), 0, None, "", False
        transcript = Transcript()
        for said in queued:
            transcript.ask(said.text, said.request_id)
        await self.view.show_chat(transcript, (), 0)
        self._changed()

    async def joined(self, page: Page, *, running: bool) -> None:
        """The newest history came; what waits to be sent on is kept."""
        before, transcript = self.transcript, Transcript()
        entries = entries_of(page, transcript.new_key)
        transcript.total = page.total
        self.away, self._behind, self.doing = False, running, ""
        await self.view.show_chat(transcript, entries, page.first)
        told = {entry.text for entry in entries if isinstance(entry, Said)}
        for said in before.waiting():
            if said.text not in told:
                transcript.ask(said.text, said.request_id)
        self.here = True
        self.view.touch()
        self._changed()

    def told(self, progress: Progress) -> None:
        """The executor told something."""
        if isinstance(progress, TurnStarted):
            if self._behind:
                self.transcript.rejoin(progress.turn.said)
            self._began = self._clock()
        if isinstance(progress, TurnStarted | TurnEnded):
            self._behind = False
        if isinstance(progress, UsageTold):
            self.usage += progress.usage
            self.used, self.window = progress.used, progress.window
        now = doing(progress)
        self.doing = self.doing if now is None else now
        self.transcript.apply(progress)
        self.view.touch()
        self._changed()

    def lost(self) -> None:
        """The daemon has gone."""
        self.away, self.doing = True, ""
        self.transcript.breaks_off("the daemon went away: what came of this will be shown when it is back")
        self.view.touch()
        self._changed()

    def withdraw(self, request_id: str) -> None:
        """It could not be said."""
        for said in self.transcript.waiting():
            if said.request_id == request_id:
                self.transcript.withdraw(said)
        self.view.touch()

    def settle(self, request_id: str, outcome: Outcome) -> None:
        """What came of a message for which no turn was told."""
        for said in self.transcript.waiting():
            if said.request_id == request_id:
                (self.transcript.settle if outcome.answered else self.transcript.refuse)(said, outcome.words)
        self.view.touch()
