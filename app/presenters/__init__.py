"""Presenters: each turns the model's state into the setters of one part of the window."""
