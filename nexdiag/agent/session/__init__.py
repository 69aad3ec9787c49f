"""Keeps a conversation on disk, in the reference executor's formats: registry, lock, mailbox, journal, resume.

Law: only `durable` writes. A file that a crash tore, or that another program spoiled, never blocks its readers.
"""
