"""A live smoke: a scenario through the daemon's chats against a real endpoint, recorded and judged."""
