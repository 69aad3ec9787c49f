"""What came of each turn of a replay, and what was the first thing that changed.

verdicts      a turn: exact, changed, missing, extra     divergence   the first difference, and the body of a 599
consequences  what only follows from it                  compared     two requests, from where they part
mended        a recorded refusal that is gone            advice       what to do about it
loosely       answered, though it is another request
"""
