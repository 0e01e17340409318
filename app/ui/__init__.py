"""Small widgets, the style sheet and icons that several panels use.

Nothing here knows a session, a scene or the archive.
"""
