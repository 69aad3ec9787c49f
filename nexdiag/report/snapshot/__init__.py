"""Requests as texts that are kept in git and compared by tests: one message a line, volatile places replaced. Pure.

    sent       whatever holds requests → requests      masks      what differs in every run, and what stands for it
    layout     requests → text, and back               schemas    declared tools, kept once beside the text
    explained  how a text differs, in words

Law: equal requests give equal texts on every machine and day; nothing is read or written here.
"""
