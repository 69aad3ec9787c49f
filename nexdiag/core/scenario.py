"""Scenario: what to say, with which tools, and what is expected. No code."""

import msgspec


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What must be true of one turn."""

    answer: bool = True
    """A non-empty answer came."""
    contains: tuple[str, ...] = ()
    """Each text stands in the answer, whatever its case."""
    tools: tuple[str, ...] = ()
    """Each tool was called at least once."""
    within: float | None = None
    """Seconds that the turn may take."""


class Say(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One message to say."""

    text: str
    expect: Expectation = Expectation()


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
