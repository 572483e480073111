"""Twenty people at once, in private and in one group, with commands and questions mixed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from local.cloud import LocalCloud, Sent, Shown
from local.people import Conversation

LIMIT = 4


def test_nobody_sees_anything_of_anybody(new_cloud: Callable[..., LocalCloud]) -> None:
    """Context, mode, persona and usage are each person's own, and no limit is exceeded, though all arrives together."""
    cloud = new_cloud(MAX_REQUEST=str(LIMIT))
    cloud.advance(12 * 3600 - (cloud.clock.now() + 8 * 3600) % 86_400)  # noon in Shanghai: no midnight comes between
    people = [cloud.person(f"P{number}") for number in range(20)]
    room = cloud.group(*people)

    def place(number: int) -> Conversation:
        return room if number % 2 else cloud.private(people[number])

    def everybody(*texts: Callable[[int], str]) -> list[tuple[Sent, list[Shown]]]:
        sent = [cloud.compose(p, text(n), place(n)) for text in texts for n, p in enumerate(people)]
        cloud.deliver_all(sent)
        return list(zip(sent, cloud.wait_all(sent, 200), strict=True))

    seen = everybody(
        lambda n: f"角色 role-of-P{n}-end", lambda n: "串聊" if n % 4 else "单聊", lambda n: f"secret-of-P{n}-end"
    )
    seen += everybody(lambda n: f"again-P{n}-end", lambda n: "用量", lambda n: "角色")
    seen += everybody(*[lambda n, k=k: f"more-{k}-P{n}-end" for k in range(LIMIT)])  # type: ignore[misc]  # k bound now
    assert {len(answers) for _, answers in seen} == {1}
    for sent, [answer] in seen:
        mine = sent.person.name
        assert set(re.findall(r"-(P\d+)-end", answer.text)) <= {mine}
        if sent.text == "角色":
            assert f"role-of-{mine}-end" in answer.text
    asked: Counter[str] = Counter()
    for request in cloud.model.requests:
        [name] = set(re.findall(r"-(P\d+)-end", str(request.messages)))
        asked[name] += 1
    assert max(asked.values()) <= LIMIT
    for number, person in enumerate(people):
        [prompt] = [
            str(r.messages) for r in cloud.model.requests if f"again-{person.name}-end" in r.messages[-1]["content"]
        ]
        assert (f"secret-of-{person.name}-end" in prompt) == (number % 4 != 0)
