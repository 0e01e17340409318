"""One request to the server: rate limit, deadline, retries, size caps, redirects, cancel, the mirror.

`Transport` is what the client uses; a server's reply is not trusted.
"""
