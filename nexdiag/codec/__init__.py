"""Floor 1: bytes or text ⇄ words. Every module has both directions and one round-trip property; no I/O, no clock."""
