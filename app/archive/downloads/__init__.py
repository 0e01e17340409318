"""The download queue in the dock: its model, its panel, and the threads that fetch."""
