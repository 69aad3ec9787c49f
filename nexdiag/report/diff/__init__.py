"""Comparison → text."""
