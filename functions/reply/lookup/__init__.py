"""Looking things up on servers that a person in the chat has named: every connection goes through `addresses`."""
