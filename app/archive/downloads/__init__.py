"""The download queue in the dock: its model, its panel, and the thread that drives `neuromorpho.bulk`.

`Downloads` is what the rest of the dock talks to.
"""
