"""What a server tells beside its conversations: its models, its health, the window of its context."""

from typing import Any

import msgspec

from nexdiag.core.endpoint import Profile

WINDOW = 131072
"""Tokens that a stub says it has room for. It counts none, and refuses nothing for its length."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What stands at a path."""

    value: Any
    """A JSON value."""
    methods: tuple[str, ...] = ("GET",)


def told(profile: Profile, path: str, model: str, now: int) -> Told | None:
    """What is told at a path that this server has; None if a stub has nothing to tell there."""
    path = path.rstrip("/")
    if path.endswith("/health"):
        return Told(value={"status": "ok"})
    if path.endswith("/props"):  # llama.cpp
        settings = {"n_ctx": WINDOW}
        return Told(value={"default_generation_settings": settings, "total_slots": 1, "model_alias": model})
    if path.endswith("/api/ps"):  # Ollama
        return Told(value={"models": [{"name": model, "model": model, "context_length": WINDOW}]})
    if path.endswith("/api/v0/models"):  # LM Studio
        entry = {"id": model, "object": "model", "state": "loaded", "loaded_context_length": WINDOW}
        return Told(value={"object": "list", "data": [entry]})
    if path.endswith("/models"):
        entry = {"id": model, "object": "model", "created": now, "owned_by": profile.name}
        return Told(value={"object": "list", "data": [entry]})
    return None
