"""Presenters: each shows the model's state in one part of the window.

They connect to the signals of `app.model.Model` and own no state of the simulation.
"""
