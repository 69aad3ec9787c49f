"""A recording → one file to attach to a bug report: redacted, complete, and nothing in it that nobody asked for."""
