"""Rules on the address and the model's name. One rule a file."""
