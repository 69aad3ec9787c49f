"""Where the rooms meet.

play    a scenario through our        smoke   a scenario through the daemon,
        executor, in this process             recorded, as a user would type it
crew    what an executor is made of   host    the daemon and its recordings
equip   its tools                     asking  a model, asked on behalf of a tool
probed  what a server tells of itself
asked   a command line → a crew       talk    the executor in a terminal, by
native  one task, headless                    talker, slash and outcome
rerun   a recording again, offline    judge   a recording → its findings
replays several of them, and how      load    a recording from disk
        that ends                     subjects, reporting   files → what lint and
place   where files go unnamed                report tell
script  a file → the answers of a stub
"""
