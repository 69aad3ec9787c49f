"""The tools that a model may use: one tool per file.

Law: a tool never decides whether it may run (`toolbox` does), never blocks the loop, and touches files only through
`Workspace`.
"""
