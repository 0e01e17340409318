"""The command line `somascope`.

`main` builds the parsers and maps errors to exit codes; `arguments` holds what several commands share.
"""
