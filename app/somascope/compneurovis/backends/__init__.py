"""Sessions over simulators."""
