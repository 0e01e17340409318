"""The session behind the window: its QThread, how a new one is opened, what is handed over.

`Opener` builds a new session next to the present one; `SessionThread` drives `advance` and emits updates.
"""
