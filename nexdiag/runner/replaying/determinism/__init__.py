"""What varies in the requests of a program that says the same again: fields, what makes them vary, rules for them.

    variations  what is made different      again, child  our executor, played in a process of its own
    varying     two runs → what differs     naming        what differs → of which kind, and a rule for it
    proof       whether a rule is enough    study         all of it, for anything that can be run several times
    commands    a command, over HTTP        lines         what came of it, for a terminal

Law: a rule is only proposed if the replay, asked with it, takes one request for the other.
"""
