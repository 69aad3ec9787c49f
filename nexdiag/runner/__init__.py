"""Where rooms meet: plays a scenario against a target, with capture and judgement, and gives a Run.

load    a file → Cassette             play    a scenario through our executor, in this process
judge   a Cassette → findings         smoke   the same through the daemon, as a user would
host    the daemon, with or without   rerun   a Cassette again, offline, and what differs
        a recorder                    replays several of them, and how that ends
talk    the executor in a terminal    subjects, reporting   files → what lint and report tell
place   where files go unnamed        script  a file → the answers of a stub
"""
