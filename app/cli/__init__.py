"""The command line `somascope`.

`parser` is the tree of parsers, `main` runs a command and maps errors to exit codes, `hints` has the command
line's words for what corrects an error; `arguments` holds what several commands share.
"""
