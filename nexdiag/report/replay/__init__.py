"""What came of replays, for people, scripts and CI: one file a format, and a table of them in `formats`.

verdict     what came of a recording, in a word; the first divergence of each conversation
divergence  the first thing that changed, in a few lines      values    two values, the part that differs marked
pairing     who answered whom, in a line                      after     the one next command

Law: it knows only the words of `core`. Recorded text is hostile: nothing of it reaches a terminal, an XML parser,
GitHub's runner or a Markdown page as anything but text.
"""
