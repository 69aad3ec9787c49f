"""Which recorded exchange answers a request. Pure.

    matcher    finds and spends: the one door         canonical  what counts in a request, as nodes of one tree
    rules      what does not count, as a table        volatile   applied: forms of requests without it
    loose      what answers where nothing is the same: by rule, by beginning, by turn
    nearest    what a miss is told with               queued     equal requests, in the order recorded
    dates, directories, ids, pointers                 what rules look for; circumstances: what a request says of its own
    patience       how long an expression of the user may look; ambiguity: how that is told

Law: no exchange is spent twice, and where two fit equally well none is taken.
"""
