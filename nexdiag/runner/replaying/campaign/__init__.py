"""A campaign of faults: our executor through each fault at each place, in virtual time.

strikes   the campaign                     trial    one conversation with one fault
virtual   a clock that jumps               seen     whether a fault could have been seen at all
"""
