"""Which recorded exchange answers a request. Pure.

    matcher    finds and spends: the one door         canonical  what counts in a request, as nodes of one tree
    rules      what does not count, as a table        volatile   applied: forms of requests without it
    loose      what answers where nothing is the same: by rule, by beginning, by turn
    nearest    what a miss is told with               queued     equal requests, in the order recorded
    dates, directories, ids, pointers, patience       what rules look for, and how long

Law: no exchange is spent twice, and where two fit equally well none is taken.
"""
