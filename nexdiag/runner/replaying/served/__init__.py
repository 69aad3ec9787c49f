"""Recordings served to clients that are not ours.

serving    a server in a thread            listening  `--serve`: until a signal comes
command    `-- COMMAND`, led to the server closing    no way out for it; closed_child guards Python's sockets
together   several recordings as one       chosen     which recording is meant
heard      the verdict of what was asked
"""
