"""What a profile module is made of: the profile, what it depends on, and how the server is recognised. Data only.

The two questions that data can answer are here as well: which variants there are, and which paths are served.
"""

import re

import msgspec

from nexdiag.core.endpoint import Limits, Profile, Refusal, Sends, Wire


class Conditional(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that holds only for some deployments of a server: a strict template, an old version.

    The plain profile warns of it. The variant `SERVER-VARIANT` has it as a fact.
    """

    variant: str
    when: str
    """Ends the sentence: it is refused if ..."""
    refusal: Refusal
    aliases: tuple[str, ...] = ()
    """Regular expressions for free text that names such a deployment."""
    limits: Limits = Limits()
    """What such a deployment checks besides."""


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """By which its exchanges are recognised: regular expressions, matched without case."""

    headers: tuple[str, ...] = ()
    """On one response header written `name: value`."""
    url: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    """On the response body."""


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """One server, with all that its module states."""

    profile: Profile
    conditional: tuple[Conditional, ...] = ()
    marks: Marks = Marks()

    def condition(self, rule: str, model: str = "", wire: Wire = "chat") -> Conditional | None:
        """On what it depends whether this server refuses the fault; with a model, whether it refuses it of that one."""
        entries = (entry for entry in self.conditional if entry.refusal.rule == rule)
        return next((entry for entry in entries if entry.refusal.holds(model, wire)), None)

    def variants(self) -> "list[Server]":
        """The deployments for which a conditional statement holds."""
        found: dict[str, Server] = {}
        for name in dict.fromkeys(entry.variant for entry in self.conditional):
            ours = [entry for entry in self.conditional if entry.variant == name]
            profile = msgspec.structs.replace(
                self.profile,
                name=f"{self.profile.name}-{name}",
                title=f"{self.profile.title} ({name})",
                aliases=tuple(alias for entry in ours for alias in entry.aliases),
                refuses=_refuses(self.profile.refuses, [entry.refusal for entry in ours]),
                limits=_with(self.profile.limits, [entry.limits for entry in ours]),
                sends=_without(self.profile.sends, [entry.refusal.rule for entry in ours]),
            )
            others = tuple(entry for entry in self.conditional if entry.variant != name)
            found[name] = Server(profile=profile, conditional=others)
        return list(found.values())

    def left_marks(self, headers: tuple[tuple[str, str], ...], url: str, body: str) -> bool:
        """Whether an exchange bears one of its marks."""
        lines = [f"{name}: {value}" for name, value in headers]
        return (
            any(_found(pattern, line) for pattern in self.marks.headers for line in lines)
            or any(_found(pattern, url) for pattern in self.marks.url)
            or any(_found(pattern, body) for pattern in self.marks.body)
        )


def serves(route: str, path: str) -> bool:
    """Whether a path is that of a profile's route, in which `{name}` stands for one segment."""
    wanted, found = route.split("/"), path.rstrip("/").split("/")
    return len(wanted) == len(found) and all(
        part == other or (part.startswith("{") and bool(other)) for part, other in zip(wanted, found, strict=True)
    )


def _refuses(stated: tuple[Refusal, ...], more: list[Refusal]) -> tuple[Refusal, ...]:
    """The statements of a server with those of a deployment, which stand for the server's own of the same fault."""
    replaced = {(one.rule, one.models, one.wires) for one in more}
    return (*(one for one in stated if (one.rule, one.models, one.wires) not in replaced), *more)


def _with(limits: Limits, more: list[Limits]) -> Limits:
    """The limits of a server with those of a deployment, which come first."""
    stated = {
        field: value
        for one in more
        for field in one.__struct_fields__
        if (value := getattr(one, field)) not in ("", (), None)
    }
    return msgspec.structs.replace(limits, **stated)


def _without(sends: Sends, refused: list[str]) -> Sends:
    """What nex sends to such a deployment: not what it refuses."""
    if "stream-options-unsupported" in refused:
        sends = msgspec.structs.replace(sends, stream_options=False)
    if "null-content" in refused:
        sends = msgspec.structs.replace(sends, null_content=False)
    if "tool-call-id-format" in refused:
        sends = msgspec.structs.replace(sends, nine_sign_ids=True)
    if "system-role-unsupported" in refused:
        sends = msgspec.structs.replace(sends, system_role=False)
    return sends


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None
