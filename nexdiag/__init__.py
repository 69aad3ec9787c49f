"""nexdiag: a flight recorder and diagnostician for agent loops on OpenAI-compatible endpoints."""

__version__ = "0.1.0"
