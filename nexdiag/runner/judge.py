"""A recording, judged by the profile of the server that it was recorded from."""

from nexdiag.core.cassette import Cassette
from nexdiag.core.endpoint import Profile
from nexdiag.core.errors import UsageError
from nexdiag.core.run import Run
from nexdiag.lint import engine, profiles


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


def judge(cassette: Cassette, *, profile: Profile | None = None, name: str | None = None) -> Run:
    """The cassette with its findings, the cause first."""
    profile = profile or profile_of(cassette)
    findings = engine.judge(cassette, profile)
    scenario = cassette.header.scenario
    title = name or (scenario.name if scenario is not None else "") or cassette.name
    return Run(name=title, cassette=cassette, profile=profile.name, findings=findings)
