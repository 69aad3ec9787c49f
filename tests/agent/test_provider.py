"""Promises of nexdiag.agent.provider: one import for what others need."""

from nexdiag.agent import provider


def test_what_is_promised_is_there() -> None:
    """Everything in `__all__` exists."""
    assert all(hasattr(provider, name) for name in provider.__all__)
