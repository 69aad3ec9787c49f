"""Scenario: what to say, with which tools, what is done meanwhile, and what is expected. No code.

And what came of each message of it: `Spoken`.
"""

import msgspec

START = "start"
FIRST_TEXT = "first_text"
FIRST_TOOL = "first_tool"
MOMENTS = (START, FIRST_TEXT, FIRST_TOOL)
"""Moments of a turn that have a name: it has begun; the first piece of an answer has come; a tool is about to run."""


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What must be true of one turn."""

    answer: bool = True
    """A non-empty answer came. Not asked of a turn that is cancelled."""
    contains: tuple[str, ...] = ()
    """Each text stands in the answer, whatever its case."""
    matches: tuple[str, ...] = ()
    """Each regular expression is found in the answer."""
    tools: tuple[str, ...] = ()
    """Each tool was called at least once."""
    not_tools: tuple[str, ...] = ()
    """No tool that fits one of these names or patterns was called."""
    calls: int | None = None
    """At least so many calls of tools ran in the turn."""
    together: int | None = None
    """At least so many calls of tools came in one reply of the model."""
    outcome: str | None = None
    """How the turn ended: `answered`, `failed` or `cancelled`."""
    finish: str | None = None
    """Why the last reply of the turn ended, in the server's word: `stop`, `length`, `tool_calls`."""
    compacted: bool = False
    """In this turn, or in one before it in the chat, the conversation was made shorter."""
    log_errors: bool = False
    """The daemon may log errors in this turn. By default it may not, but for the one that says that the turn failed."""
    within: float | None = None
    """Seconds that the turn may take."""


class Say(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One message to say, and what is done meanwhile."""

    text: str
    repeat: int = 1
    """How often it is said, in turns of the same chat."""
    cancel_after: float | str | None = None
    """When the turn is cancelled: one of `MOMENTS`, or seconds after it was said."""
    kill_daemon: bool | float | str = False
    """When the daemon is killed and started again: as `cancel_after`; true is `start`."""
    expect: Expectation = Expectation()
    allow: tuple[str, ...] = ()
    """Rules of lint whose findings in this message's turns are wanted: nobody is told of them."""

    @property
    def kills_after(self) -> float | str | None:
        """The moment at which the daemon is killed, if it is."""
        if isinstance(self.kill_daemon, bool):
            return START if self.kill_daemon else None
        return self.kill_daemon


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to say, in order."""

    name: str
    say: tuple[Say, ...]
    about: str = ""
    system: str | None = None
    """Replaces the whole default system prompt."""
    tools: tuple[str, ...] = ()
    """Names of the tools that the model may use; none by default."""
    max_tokens: int | None = None
    window: int | None = None
    """Context window in tokens to work with, instead of the endpoint's."""
    repeat: int = 1
    """How often the whole is played; each time in a chat of its own."""
    faults: tuple[str, ...] = ()
    """What goes wrong on purpose when its recording is replayed, as `codec.fault` reads it; live, nothing does."""
    allow: tuple[str, ...] = ()
    """Rules of lint whose findings in its recording are wanted."""

    @property
    def messages(self) -> int:
        """How many messages are said when it is played."""
        return self.repeat * sum(say.repeat for say in self.say)


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """One message that was said live, and what came of it."""

    number: int
    """Counted from 1 over all chats."""
    said: str
    reply: str | None = None
    error: str | None = None
    """Why there is no reply; None if there is one."""
    seconds: float = 0.0
    unmet: tuple[str, ...] = ()
    """What was expected of it and did not hold."""
    unchecked: tuple[str, ...] = ()
    """What could not be tried, or not be seen: it counts neither as held nor as broken."""
    chat: int = 0
    """Which chat, from 0."""
    turn: int = 0
    """The turn's number within its chat; 0 if there was none."""
    place: int = 0
    """Which `say` of the scenario it was, from 0."""
    outcome: str = ""
    """Of the turn: `answered`, `failed` or `cancelled`; empty if nobody told."""
    tools: tuple[str, ...] = ()
    """Each call that ran, by its tool's name, in order."""
    together: int = 0
    """The most calls that came in one reply."""
    input_tokens: int = 0
    output_tokens: int = 0
    pieces: int = 0
    """In how many pieces its text came."""
    first: float | None = None
    """Seconds until the first of them."""
    compacted: bool = False
    done: str = ""
    """What was done meanwhile: `cancelled` or `killed`."""

    @property
    def ok(self) -> bool:
        """Whether all that was expected of it held."""
        return not self.unmet
