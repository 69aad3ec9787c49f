"""A recording again, offline: to our executor, to any client over HTTP, or to a command.

    how       what was chosen: matching, pace, faults            answering   Answers, made by it
    rerun     our executor says the same again                   resend      the recorded requests again, as they were
    serving   a server for any client                            command     a command, led to that server
    verdicts  what came of each turn                             several     many recordings: shards, jobs, selection

Law: nothing unmatched ever goes live.
"""
