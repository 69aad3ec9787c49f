"""Finding: one judgement of a rule. Data, never an exception."""

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How much it matters on the server at hand."""

    ERROR = "error"
    """This server refuses it, or content is lost."""
    WARNING = "warning"
    """Some servers refuse it: a risk here."""
    INFO = "info"


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """Where: as far as the input tells."""

    turn: int | None = None
    """From 1."""
    session: str = ""
    """The conversation that the turn is of; empty where the recording holds one alone."""
    exchange: int | None = None
    """From 0, in the order of the recording."""
    message_index: int | None = None
    """The message that has to change, from 0 in the request's list."""
    pointer: str | None = None
    """JSON pointer into the request body (or into the response body, where the rule judges that)."""

    def __str__(self) -> str:
        """`turn 2, exchange 1, messages[3], /messages/3/role`: the parts that are known."""
        parts = [
            f"session {self.session}" if self.session else "",
            f"turn {self.turn}" if self.turn is not None else "",
            f"exchange {self.exchange}" if self.exchange is not None else "",
            f"messages[{self.message_index}]" if self.message_index is not None else "",
            self.pointer or "",
        ]
        return ", ".join(part for part in parts if part)


class Origin(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a message of a request came from."""

    kind: str
    """`answer` (the model wrote it) or `tool run` (it is the output of one)."""
    exchange: int | None = None
    """Of the answer; of a tool run, that whose answer asked for it. From 0."""
    turn: int | None = None
    """From 1."""
    finish_reason: str | None = None
    """With which the answer ended."""
    reasoned: bool = False
    """Whether the answer carried reasoning."""
    signed: bool = False
    """Whether the call, or the answer, carried a thought signature."""
    full: bool = False
    """Whether the answer used up all the tokens that its request allowed."""

    def __str__(self) -> str:
        """`the answer of turn 2, exchange 1`: the parts that are known."""
        parts = [
            f"turn {self.turn}" if self.turn is not None else "",
            f"exchange {self.exchange}" if self.exchange is not None else "",
        ]
        where = ", ".join(part for part in parts if part)
        return f"the {self.kind} of {where}" if where else f"an earlier {self.kind}"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One judgement: rule, severity, location, what is wrong, evidence, fix."""

    rule: str
    code: str
    severity: Severity
    summary: str
    location: Location = Location()
    evidence: tuple[str, ...] = ()
    """Facts that a reader can check: the two messages, the server's own words, the log line."""
    because: str = ""
    """Why it weighs what it does, where no recorded answer says so: what the profile states, or the chat template."""
    fix: str = ""
    refused: bool = False
    """The recorded answer refused this very request, in words that this rule explains."""
    server_words: str | None = None
    """What the server said, verbatim and unwrapped, if it spoke."""
    facts: dict[str, str] = msgspec.field(default_factory=dict)
    """What fills the server's words in a stub's refusal: model, roles, ids."""
    repeats: int = 0
    """In how many later exchanges the same message or field was found again."""

    origin: Origin | None = None
    """What wrote the message that has to change, where the recording shows it."""
    consequences: tuple[str, ...] = ()
    """Findings that are there because of this one, in one line each; they are not reported by themselves."""

    def with_consequence(self, other: "Finding") -> "Finding":
        """The same, with another finding folded under it."""
        place = f" ({other.location})" if str(other.location) else ""
        return msgspec.structs.replace(self, consequences=(*self.consequences, f"{other.rule}{place}: {other.summary}"))

    @property
    def weighs(self) -> bool:
        """Whether a command that finds it fails: errors and warnings do, remarks do not."""
        return self.severity != Severity.INFO
