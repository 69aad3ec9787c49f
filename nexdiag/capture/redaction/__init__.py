"""What must not reach a disk is found and replaced, wherever it stands and however it is spelled. Pure."""
