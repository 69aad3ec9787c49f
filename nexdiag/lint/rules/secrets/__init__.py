"""Rules on what must not be in a recording. One rule a file."""
