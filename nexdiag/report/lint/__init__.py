"""Judged → what `nexdiag lint` prints: one module a format, and one table of them (`formats`)."""
