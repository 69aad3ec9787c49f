"""A recording again, offline: to our executor, to any client over HTTP, or to a command.

    options    what was typed ─► how ─► answering: Answers, made by it
    replay     one recording: rerun (our executor says the same again), or resend (its requests again, as they were)
    conversations  what is in a recording         virtual   a clock that jumps: faults that wait cost no time
    many/      several of them                 served/       a server, and a command that is led to it
    verdict/   what came of each turn          campaign/     each fault at each place
    onward/    a recording gone on with, live  determinism/  what varies from run to run

Law: nothing unmatched ever goes live.
"""
