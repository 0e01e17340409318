"""The command line `somascope neuromorpho`.

`main` maps errors to exit codes; each command's module is imported when the command is run.
"""
