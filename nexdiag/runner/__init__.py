"""Where rooms meet: plays a scenario against a target, with capture and judgement, and gives a Run.

load    a file → Cassette             play    a scenario through our executor, in this process
judge   a Cassette → findings         smoke   the same through the daemon, as a user would
host    the daemon, with or without   rerun   a Cassette again, offline, and what differs
        a recorder
"""
