"""Promises of nexdiag.agent.daemon.listing: every chat is told, open or not, and a look changes nothing."""

from pathlib import Path

from nexdiag.agent import config
from nexdiag.agent.daemon.listing import Listing, Live
from nexdiag.agent.session.conversation import open_chat
from nexdiag.agent.session.registry import Registry
from nexdiag.core.message import Message

NOW = 1779285792.009


def test_chats_are_told_from_disk(tmp_path: Path) -> None:
    """Model and executor are the config's where the chat has none of its own; turns and questions are counted."""
    config.write(tmp_path, config.Config(agent=config.Agent(model="nex:m")))
    with open_chat(tmp_path, 3, clock=lambda: NOW) as chat:
        chat.mailbox.post("hi", "r1")
        chat.journal.message(Message(role="user", content="hi"), request_id="r1", turn=1)
    listing = Listing(tmp_path, clock=lambda: NOW)
    (entry,) = listing.entries(lambda number: Live(running=number == 3))
    told = (entry["chat_id"], entry["executor"], entry["model"], entry["turns"], entry["waiting"], entry["running"])
    assert told == (3, "nex", "m", 1, 1, True)
    Registry(tmp_path).archive("chat-3")
    (entry,) = listing.entries(lambda number: Live(running=True))
    assert (entry["archived"], entry["running"], entry["waiting"]) == (True, False, 1)


def test_a_look_makes_nothing(tmp_path: Path) -> None:
    """Neither a registry nor a directory, with no config and no chats."""
    assert Listing(tmp_path / "none", clock=lambda: NOW).entries() == []
    assert not (tmp_path / "none").exists()
