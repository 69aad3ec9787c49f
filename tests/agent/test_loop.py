"""The public face of the turn machine."""

from nexdiag.agent import loop


def test_everything_public_comes_from_one_place() -> None:
    """What `__all__` names is there."""
    assert all(getattr(loop, name) is not None for name in loop.__all__)
    assert "Machine" in loop.__all__
