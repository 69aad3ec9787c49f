"""The profile of a server that nobody named."""

from nexdiag.lint.profiles.unknown import PROFILE


def test_it_states_nothing() -> None:
    """Findings under it are advice."""
    assert not PROFILE.known
    assert PROFILE.refuses == ()
