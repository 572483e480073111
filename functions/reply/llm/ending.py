"""How an answer ended: whole, or why not."""

from __future__ import annotations

from reply.llm.stream import End, Piece
from reply.services import Cut
from shared.errors import ModelFailed, ModelFailure

LIMITED = frozenset(
    {"length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"}
    | {"max_length", "max_new_tokens", "token_limit", "length_limit", "context_length", "max_completion_tokens"}
)
FILTERED = frozenset(
    {"content_filter", "content_filtered", "sensitive", "safety", "prohibited_content", "blocklist", "spii"}
    | {"recitation", "refusal", "moderation", "image_safety", "image_prohibited_content", "image_recitation"}
    | {"language", "filtered", "risk", "violation", "censored", "content_safety", "guardrail_intervened"}
)
BROKEN = frozenset({"insufficient_system_resource", "network_error", "error", "abort", "cancelled", "timeout", "other"})
"""Values of `finish_reason` beside OpenAI's own: https://api-docs.deepseek.com/api/create-chat-completion,
https://docs.bigmodel.cn/api-reference, https://ai.google.dev/api/generate-content#FinishReason,
https://openrouter.ai/docs/api-reference/overview, https://docs.vllm.ai"""

CUTS = LIMITED | FILTERED | BROKEN


class Ending:
    """What the pieces of a stream have told of its end.

    How an answer that is whole is told from one that broke off: an end mark is an end. So is a stream that ended in
    order (its body as long as its framing said, its last event whole and no page of a gateway), with a finish or
    without: some providers never send one. So is a finish that silence follows, or a connection that breaks, but for a
    server that has sent text behind one: its finish means nothing. Everything else broke off.

    `premature`: text has come behind a finish. `doubted`: it has, or the finish came along with text.
    """

    def __init__(self) -> None:
        self._end: End | None = None
        self._code = ""
        self.finish = ""
        self.premature = self.doubted = False

    def take(self, piece: Piece) -> None:
        """Take the next piece."""
        if self.finish and piece.text:
            self.premature = self.doubted = True
            self.finish = ""
        if piece.finish and self.finish not in CUTS:
            self.finish = piece.finish
            self.doubted = self.doubted or bool(piece.text)
        self._code = piece.code or self._code
        self._end = piece.end or self._end

    @property
    def skipped(self) -> int:
        """Lines of the stream that were no JSON and were left out."""
        return self._end.skipped if self._end else 0

    def cut(self, problem: Exception | None, *, timed_out: bool) -> tuple[Cut, str]:
        """Why the answer may be incomplete, and what the provider calls it.

        `problem` is what ended the stream before its end; without it and without an end there was silence.
        """
        silent = self._end is None and not problem and not timed_out
        in_order = silent or bool(self._end and (self._end.marked or self._end.orderly))
        finish = self.finish if in_order or not self.premature else ""
        if finish in CUTS:
            return "length" if finish in LIMITED else "filtered" if finish in FILTERED else "error", finish
        if finish or in_order:
            return "", ""
        if isinstance(problem, ModelFailed):
            filtered = problem.reason is ModelFailure.FILTERED
            return "filtered" if filtered else "error", self._code or problem.reason.value
        return "stalled", ""

    @property
    def last_finish(self) -> str:
        """The finish that counts where there is nothing to show; an end mark says as much as `stop`."""
        return self.finish or ("stop" if self._end and self._end.marked else "")
