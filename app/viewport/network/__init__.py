"""Networks in the viewport: which cells are drawn and where, and the lines of their connections."""
