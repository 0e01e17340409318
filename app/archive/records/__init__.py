"""Records as text: facts with units, links, and the bundled cells as records.

Nothing here sends a request.
"""
