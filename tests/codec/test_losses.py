"""Promises of `nexdiag.codec.losses`: what could not be carried over is told, each once, with its count."""

from nexdiag.codec.losses import Losses


def test_each_loss_is_told_once_with_its_count() -> None:
    """One sentence a loss, in the order in which they came, in the singular where it is one."""
    losses = Losses()
    for _ in range(12):
        losses.count("HAR has no place for {n} log line{s}")
    losses.count("no text of {n} bod{y}", 2)
    losses.count("no text of {n} head{s}")
    assert losses.lines() == ("HAR has no place for 12 log lines", "no text of 2 bodies", "no text of 1 head")


def test_nothing_lost_is_nothing_told() -> None:
    losses = Losses()
    losses.count("{n} line{s}", 0)
    assert losses.lines() == ()


def test_a_text_with_braces_is_told_as_it_is() -> None:
    """A sentence may quote a file."""
    losses = Losses()
    losses.tell('line 3 is torn: {"a"')
    assert losses.lines() == ('line 3 is torn: {"a"',)
