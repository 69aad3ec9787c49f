"""Keeps what passes: exchanges with their chunks and times, turns, tool runs, log lines.

Law: recording never breaks or delays the thing it records, and no secret reaches the disk.
"""
