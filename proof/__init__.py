"""Tries to break the pair on the local cloud, and counts what people saw: `make prove`.

The promise: for every message that DingTalk delivers, the person sees one answer, or one explained failure, or one
explained refusal; never two, never none. `outcomes` judges one message by it; every other file is one way of trying,
with a function `run(plan) -> Result`, or what the ways share.
"""
