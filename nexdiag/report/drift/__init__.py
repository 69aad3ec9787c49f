"""Drift → what people and machines read, in eight formats. `formats` is the table."""
