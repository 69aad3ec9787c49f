"""The transcript of a chat: what the executor tells, folded into entries that can be drawn. Pure.

Law: each progress costs what it brings. Whoever draws takes the changes since the last time, however many came.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar, cast

from nexdiag.agent import progress as told
from nexdiag.core.turn import ToolRun, Turn
from nexdiag.tui.entries import Answer, Changes, Entry, Failure, Note, Said, Streamed, Thought, Tool

_E = TypeVar("_E", bound=Entry)
_S = TypeVar("_S", bound=Streamed)
_HOW = {"pruned": "old tool results were left out", "summarised": "its beginning was summarised"}


class Transcript:
    """Entries in the order in which they are shown."""

    def __init__(self) -> None:
        """Nothing said yet."""
        self.entries: dict[int, Entry] = {}
        self.running: Turn | None = None
        """The turn under way."""
        self.total: int | None = None
        """How many messages the chat's history has; None while that is not known."""
        self._next = 0
        self._changed: dict[int, Entry] = {}
        self._removed: list[Entry] = []
        self._reply: list[Entry] = []
        """What the reply under way has brought: it is taken back as a whole."""
        self._building: dict[int, Tool] = {}
        """Tool calls that the model is writing, by their place in the reply."""
        self._wait: Note | None = None
        self._retry: Note | None = None
        self._open: list[Tool] = []
        """Tool calls that may still change."""
        self._spoke = self._spoke_before = False
        """Whether the turn under way has shown any text, and whether it had before the reply under way."""

    def take_changes(self) -> Changes:
        """What is new since it was last asked."""
        changes = Changes(changed=tuple(self._changed.values()), removed=tuple(self._removed))
        self._changed, self._removed = {}, []
        return changes

    # ---- history

    def new_key(self) -> int:
        """A key that no entry has."""
        self._next += 1
        return self._next

    def put_before(self, older: Sequence[Entry]) -> None:
        """History, before everything else; whoever loaded it draws it."""
        self.entries = {entry.key: entry for entry in older} | self.entries

    def rejoin(self, said: str) -> None:
        """Leave out the turn under way, of which history holds the beginning: it will be told whole."""
        past = [entry for entry in self.entries.values() if entry.index is not None]
        last = next((at for at in range(len(past) - 1, -1, -1) if isinstance(past[at], Said)), None)
        if last is not None and cast("Said", past[last]).text == said:
            self.total = past[last].index
            for entry in past[last:]:
                self._remove(entry)

    def forget(self, entries: Iterable[Entry]) -> None:
        """Entries that are no longer on the screen; the daemon has them."""
        for entry in entries:
            self.entries.pop(entry.key, None)
            self._changed.pop(entry.key, None)

    # ---- what the user does

    def ask(self, text: str, request_id: str) -> Said:
        """The user said something; its turn has not begun."""
        return self._add(Said(key=self.new_key(), text=text, request_id=request_id, waiting=True))

    def waiting(self) -> list[Said]:
        """What was said and has not begun."""
        return [entry for entry in self.entries.values() if isinstance(entry, Said) and entry.waiting]

    def withdraw(self, said: Said) -> None:
        """It was not said after all."""
        self._remove(said)

    def refuse(self, said: Said, why: str) -> None:
        """What was said never came to a turn."""
        self._remove(said)
        self._add(Said(key=self.new_key(), text=said.text))
        self._add(Failure(key=self.new_key(), text=why))

    def settle(self, said: Said, words: str) -> None:
        """What was said was answered without a turn."""
        self._remove(said)
        self._add(Said(key=self.new_key(), text=said.text))
        self._stream(self._add(Answer(key=self.new_key(), done=True)), words)

    def note(self, text: str, *, alarm: bool = False) -> None:
        """A line of ours."""
        self._add(Note(key=self.new_key(), text=text, alarm=alarm))

    def breaks_off(self, why: str) -> None:
        """Nothing more will come of the turn under way: who told of it has gone."""
        if self.running is not None:
            self._end_reply()
            self._close_tools()
            self.running = None
            self.note(why, alarm=True)

    # ---- what the executor tells

    def apply(self, progress: told.Progress) -> None:
        """Fold one progress."""
        if not isinstance(progress, told.Waiting):
            self._drop_wait()
        if not isinstance(progress, told.Retrying | told.Waiting):
            self._retry = None
        match progress:
            case told.TurnStarted(turn=turn):
                self._begin(turn)
            case told.TurnEnded(turn=turn):
                self._end(turn)
            case told.ToolBuilding():
                self._build(progress)
            case told.ToolStarted():
                self._start_tool(progress)
            case told.ToolRan(run=run):
                self._end_tool(run)
            case _:
                self._say_or_remark(progress)

    def _say_or_remark(self, progress: told.Progress) -> None:
        match progress:
            case told.ReasoningDelta(text=text):
                self._stream(self._in_reply(Thought), text)
            case told.TextDelta(text=text):
                self._spoke = True
                self._stream(self._in_reply(Answer), text)
            case told.TextTakenBack():
                self._take_back()
            case told.UsageTold():
                self._end_reply()
            case _:
                self._remark(progress)

    def _remark(self, progress: told.Progress) -> None:
        match progress:
            case told.Waiting(seconds=seconds, reason=reason):
                text = f"waiting for {seconds:.0f} s: {reason}"
                self._wait = self._say_in_place(self._wait, text)
            case told.Retrying(attempt=attempt, delay=delay, reason=reason):
                text = f"attempt {attempt} failed, again in {delay:.1f} s: {reason}"
                self._retry = self._say_in_place(self._retry, text, alarm=True)
            case told.Compacted(before=before, after=after, how=how):
                self.note(f"shortened from {before:,} to {after:,} tokens: {_HOW.get(how, how)}")
            case told.Repaired(what=what):
                self.note(f"mended: {what}")
            case _:  # a kind that this UI does not know yet
                pass

    def _begin(self, turn: Turn) -> None:
        self._end_reply()
        self._close_tools()
        self.running, self._spoke, self._spoke_before = turn, False, False
        said = next((said for said in self.waiting() if said.text == turn.said), None)
        if said is not None:
            self._remove(said)
        self._add(Said(key=self.new_key(), index=self.total, text=turn.said, turn=turn.number))
        self.total = None

    def _end(self, turn: Turn) -> None:
        self._end_reply()
        self._close_tools()
        if turn.outcome == "answered" and turn.reply and not self._spoke:
            self._stream(self._add(Answer(key=self.new_key(), done=True)), turn.reply)
        elif turn.outcome == "cancelled":
            self.note(f"cancelled after {turn.duration:.1f} s")
        elif turn.outcome != "answered":
            self._add(Failure(key=self.new_key(), text=turn.error or f"the turn is {turn.outcome}"))
        self.running = None

    def _in_reply(self, kind: type[_S]) -> _S:
        """The entry of the reply under way that takes this kind of text, made if there is none."""
        streamed = [entry for entry in self._reply if isinstance(entry, Streamed)]
        if streamed and isinstance(streamed[-1], kind):
            return streamed[-1]
        if streamed:
            streamed[-1].done = True
            self._touch(streamed[-1])
        entry = self._add(kind(key=self.new_key()))
        self._reply.append(entry)
        return entry

    def _build(self, building: told.ToolBuilding) -> None:
        tool = self._building.get(building.index)
        if tool is None or tool not in self._reply:  # one that an earlier reply left behind keeps its box
            tool = self._building[building.index] = self._add(Tool(key=self.new_key(), name=building.name))
            self._reply.append(tool)
        tool.name = building.name or tool.name
        tool.characters = building.characters
        self._touch(tool)

    def _start_tool(self, started: told.ToolStarted) -> None:
        at = next((at for at, tool in self._building.items() if tool.name in (started.name, "")), None)
        self._end_reply()
        tool = self._building.pop(at) if at is not None else self._add(Tool(key=self.new_key(), name=started.name))
        tool.name, tool.call_id, tool.arguments = started.name, started.call_id, started.arguments
        tool.state = "running"
        self._touch(tool)

    def _end_tool(self, run: ToolRun) -> None:
        self._end_reply()
        running = [tool for tool in self._tools() if tool.state in ("running", "building")]
        same = [tool for tool in running if tool.call_id == run.call_id and tool.name == run.name]
        same = same or [tool for tool in running if tool.name == run.name]
        tool = same[0] if same else self._add(Tool(key=self.new_key(), name=run.name))
        tool.call_id, tool.arguments, tool.output = run.call_id, run.arguments, run.output
        tool.seconds, tool.state = run.duration, "failed" if run.is_error else "ran"
        self._touch(tool)

    def running_tools(self) -> list[Tool]:
        """The tool calls that are at work."""
        return [tool for tool in self._tools() if tool.state == "running"]

    def _tools(self) -> list[Tool]:
        """The tool calls of the turn under way: those that may still change."""
        self._open = [tool for tool in self._open if tool.state in ("running", "building")]
        return self._open

    def _close_tools(self) -> None:
        for tool in self._tools():
            tool.state = "cut off"
            self._touch(tool)
        self._building = {}

    def _take_back(self) -> None:
        for entry in self._reply:
            self._remove(entry)
        self._reply, self._building, self._spoke = [], {}, self._spoke_before

    def _end_reply(self) -> None:
        """What the reply has brought stays."""
        for entry in self._reply:
            if isinstance(entry, Streamed) and not entry.done:
                entry.done = True
                self._touch(entry)
        self._reply, self._spoke_before = [], self._spoke

    def _say_in_place(self, note: Note | None, text: str, *, alarm: bool = False) -> Note:
        if note is None or note.key not in self.entries:
            return self._add(Note(key=self.new_key(), text=text, alarm=alarm))
        note.text = text
        self._touch(note)
        return note

    def _drop_wait(self) -> None:
        if self._wait is not None:
            self._remove(self._wait)
            self._wait = None

    def _stream(self, entry: Streamed, text: str) -> None:
        entry.pieces.append(text)
        entry.size += len(text)
        self._touch(entry)

    def _add(self, entry: _E) -> _E:
        self.entries[entry.key] = entry
        if isinstance(entry, Tool):
            self._open.append(entry)
        self._touch(entry)
        return entry

    def _touch(self, entry: Entry) -> None:
        if entry.key in self.entries:
            self._changed[entry.key] = entry

    def _remove(self, entry: Entry) -> None:
        self.entries.pop(entry.key, None)
        self._changed.pop(entry.key, None)
        self._removed.append(entry)
