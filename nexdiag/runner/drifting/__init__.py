"""`drift` and `diff --schema`: corpora in files → shapes, by one process or several → what changed."""

from nexdiag.runner.drifting.sides import against_shapes, compared

__all__ = ["against_shapes", "compared"]
