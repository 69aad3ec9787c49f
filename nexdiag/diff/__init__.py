"""Two recordings → Differences: facts, no opinion. Pure."""
