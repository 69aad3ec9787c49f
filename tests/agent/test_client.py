"""The public face of the client."""

from nexdiag.agent import client
from nexdiag.agent.client.client import ChatClient


def test_everything_public_comes_from_one_place() -> None:
    """What `__all__` names is there."""
    assert client.__all__ == ["Aside", "ChatClient"]
    assert client.ChatClient is ChatClient
