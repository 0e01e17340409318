"""The dock's requests, in threads, and the state of the server that they show."""
