"""Turns and sessions of clients that say nothing of them: found by what each request adds. Pure."""
