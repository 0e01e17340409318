"""Finds or downloads the file of a cell, and loads it into the window."""
