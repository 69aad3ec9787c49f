"""The version of nexdiag: here, at the bottom, so that every floor can name it."""

VERSION = "0.1.0"
TOOL = f"nexdiag {VERSION}"
"""How nexdiag calls itself in recordings and reports."""
