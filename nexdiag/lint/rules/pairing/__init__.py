"""Rules on tool calls and the messages that answer them. One rule a file."""
