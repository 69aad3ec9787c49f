"""The daemon that hosts chats: JSON lines on a unix socket, one worker a chat, a log that joins it all."""
