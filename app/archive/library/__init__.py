"""The dock's menu for the local library: size, verify, repair, remove.

The work itself is in `neuromorpho.library` and `neuromorpho.cache`.
"""
