"""Asks a model, runs its tools, keeps the conversation."""
