"""`somascope doctor`: what works on this machine, and the command that fixes what does not.

`report` runs the checks; each check returns a `CheckResult`.
"""
