"""Presenters: each turns the model's state into the setters of one part of the window.

They hear the signals of `app.model.Model` and own no state of the simulation.
"""
