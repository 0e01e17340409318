"""Runs without a window: `somascope run`.

`job` reads what is wanted, `run` steps the session, `picture` draws in a process of its own.
"""
