"""Promises of `nexdiag.capture.flusher`."""

import errno
import os
import threading
from pathlib import Path

import pytest

from nexdiag.capture.flusher import Flusher


def test_asking_while_it_works_is_one_flush_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is asked, it flushes once for all that was written before it began."""
    working, gate, flushes = threading.Event(), threading.Event(), []

    def slow(file: int) -> None:
        flushes.append(file)
        working.set()
        assert gate.wait(10)

    monkeypatch.setattr(os, "fdatasync", slow)
    flusher = Flusher(7, lambda error: None)
    flusher.ask()
    assert working.wait(10)
    for _ in range(100):
        flusher.ask()
    gate.set()
    flusher.close()
    assert flushes == [7, 7]


def test_a_failure_is_told_once_and_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after it is not flushed, and nobody waits for it."""
    failures: list[OSError] = []

    def broken(file: int) -> None:
        raise OSError(errno.EIO, "broken disk")

    monkeypatch.setattr(os, "fdatasync", broken)
    flusher = Flusher(7, failures.append)
    flusher.ask()
    flusher.close()
    flusher.ask()
    flusher.close()
    assert [error.strerror for error in failures] == ["broken disk"]


def test_one_that_was_never_asked_has_no_thread() -> None:
    """A recording that holds nothing costs nothing."""
    before = threading.active_count()
    flusher = Flusher(7, lambda error: None)
    assert threading.active_count() == before
    flusher.close()
