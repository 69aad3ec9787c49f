"""The terminal UI: chats with the daemon's executors, live. The only place that imports textual.

What is shown is decided in pure modules (transcript, past, cutter, status, slash, recall, search) and drawn by
widgets; what comes and goes over the daemon's socket passes through `desk` and `link`. Law: text of a model is text.
No markup, no escape sequence and no link in it is ever obeyed.
"""
