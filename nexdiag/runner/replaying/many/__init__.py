"""Several recordings: which, in which order, by how many processes.

selection  paths, names, patterns, shards  several  one after the other, whatever comes of each
workers    processes                       slim     a run that can cross them
unrecorded what a scenario says, and its recording does not hold
"""
