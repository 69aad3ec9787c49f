"""Answers from a cassette: the same conversation, offline, byte for byte and chunk for chunk.

Law: nothing unmatched ever goes live.
"""
