"""The dock's menu for the local library: size, verify, repair, remove."""
