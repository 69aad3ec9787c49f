"""Rules on the shape of a request. One rule a file."""
