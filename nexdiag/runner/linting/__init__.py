"""The driver of `nexdiag lint`: what is named is read, judged, compared with other servers, or repaired.

subjects   what a file, a directory or stdin holds     judge     judged by its server's profile
choice     by what to judge, and what is not wanted    against   as several servers would
state      an executor's state directory               fix       safe repairs of a request
"""
