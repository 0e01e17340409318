"""The window that shows one experiment on two simulators."""
