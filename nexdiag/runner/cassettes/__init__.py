"""The care of recordings as files: is one whole, mend it, make it smaller, count it, and tell git how to show it.

salvage   which lines of a damaged file can be kept (pure)
check     what a reader should know of a file before it trusts it
repair    a damaged file → a whole one
prune     a recording → a smaller one (pure); pruning does it with files
show      a file → text, for people and for git
measure   what a recording holds, and what it saves (pure)
files     files are read, made and replaced here alone
git       git shows recordings as text

Law: the original is never touched unless that was asked for, and then it is kept beside the new one.
"""
