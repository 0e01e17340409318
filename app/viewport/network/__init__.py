"""Networks in the viewport: which cells are drawn and where, and the lines of their connections.

Only what is drawn is chosen here; the model and its geometry stay as they are.
"""
