"""`nexdiag.lint(...)`: whatever it is given, judged by the right profile."""

from typing import Any

import msgspec

from nexdiag.core.cassette import Cassette
from nexdiag.core.endpoint import Profile
from nexdiag.core.errors import UsageError
from nexdiag.core.finding import Finding
from nexdiag.lint import engine, profiles
from nexdiag.lint.seen.bare import BareExchange, decode_bare


def judge_any(subject: Cassette | dict[str, Any], profile: str | None = None) -> tuple[Finding, ...]:
    """Judge a recording, a request body (it has `messages`) or a bare exchange. Raises `UsageError` for all else."""
    if isinstance(subject, Cassette):
        return engine.judge(subject, profile_of(subject, profile))
    if not isinstance(subject, dict):
        kind = type(subject).__name__
        hint = "a recording in a file is read first: nexdiag.lint(nexdiag.load(path))"
        raise UsageError(f"a cassette, a request or an exchange is wanted, found {kind}", hint=hint)
    bare = BareExchange(request=subject) if "messages" in subject else decode_bare(msgspec.json.encode(subject))
    if profile is not None:
        bare = msgspec.structs.replace(bare, server=profiles.named(profile).name)
    return engine.judge_bare(bare)[1]


def profile_of(cassette: Cassette, name: str | None = None) -> Profile:
    """The profile named, else the header's, else the one that the answers give away, else the unknown one."""
    if name is not None:
        return profiles.named(name)
    if cassette.header.profile:
        try:
            return profiles.named(cassette.header.profile)
        except UsageError:  # recorded by a version that knew more servers than this one
            return profiles.resolve(cassette.header.profile)
    for exchange in cassette.exchanges:
        found = profiles.recognise(exchange)
        if found is not None:
            return found
    return profiles.resolve(None)
