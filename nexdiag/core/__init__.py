"""Floor 0: the words. Standard library and msgspec only; no I/O, no clock, no async."""
