"""Outbound channels: each brings an answer to the person who asked."""
