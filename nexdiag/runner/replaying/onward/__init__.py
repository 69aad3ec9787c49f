"""A recording gone on with, live: `--until N --then live`, and `--from N`.

    going_on   play, then say                  parted   what is played, and what is said
    living     the live turns, recorded        target   who is asked

Law: nothing goes live before every turn up to there was exact.
"""
