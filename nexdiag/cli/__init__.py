"""The command line: one command a file, no logic.

Doors import their rooms when they are opened: that is why `nexdiag --help` does not wait for httpx.
"""
