"""Schema drift: the shape of requests and answers, learned from recordings, merged, and compared. Pure."""
