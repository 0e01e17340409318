"""Runs without a window: `somascope run`.

`job` runs a job from source to files, `run` steps the session, `picture` draws in another process.
"""
