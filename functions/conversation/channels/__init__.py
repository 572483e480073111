"""Inbound channels: each verifies a request and reads the message in it."""
