"""Background work for the GUI: tasks in threads, with progress, cancel and a result in the GUI thread.

Nothing here knows sessions or the archive.
"""
