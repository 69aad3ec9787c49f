"""Rules on the order of messages. One rule a file."""
