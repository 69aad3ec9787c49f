"""Recordings as text: for people who read one, for git, which compares two, and for `nexdiag cassette`.

entry     one message → lines
adding    what each request adds to what was sent before it
heading   the head of a recording     answered   what came back
text      a whole recording → lines that stay the same where nothing of substance changed
single    one exchange in full, its bytes, and a curl command that sends it again
health    what `check` found        measured   what `stats` counted

Law: every recorded character passes `visible`; nothing here fails, whatever was recorded.
"""
