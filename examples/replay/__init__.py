"""A client of its own: replays a log of real incidents against a running server and audits what the server made of it.

Knows HTTP, SMTP and the server's public contract; imports nothing of the server."""
