"""Rules on the parameters of a request. One rule a file."""
