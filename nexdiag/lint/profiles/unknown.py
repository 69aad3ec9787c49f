"""The profile of a server that nobody named: it states nothing, so that findings are advice."""

from nexdiag.core.endpoint import Profile

PROFILE = Profile(name="unknown", title="an unknown server", known=False)
