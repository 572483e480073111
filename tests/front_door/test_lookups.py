"""Looking things up through the front door: exports over the stand-in OSS, and look-ups that stay inside."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import requests

from local.cloud import LocalCloud
from shared.wording import wording

ZH = wording("zh")
NewCloud = Callable[..., LocalCloud]
BOSS = {"ADMIN_USERS": "boss", "ADMIN_EXPORT": "on"}


def link_in(text: str) -> str:
    found = re.search(r"\]\((http[^)\s]*)\)", text)
    assert found, text
    return found[1]


def test_an_export_opens_until_it_ends(new_cloud: NewCloud) -> None:
    """A link on the bucket with one person's texts; after EXPORT_LINK_SECONDS it is dead; a changed one never opens."""
    cloud = new_cloud(**BOSS, EXPORT_LINK_SECONDS="120")
    boss, lin, zhou = cloud.person("Boss", staff_id="boss"), cloud.person("张三"), cloud.person("李四")
    cloud.wait(cloud.say(lin, "what Lin asked"))
    cloud.wait(cloud.say(zhou, "what Zhou asked"))
    [answer] = cloud.wait(cloud.say(boss, "#查对话 username：张三"))
    link = link_in(answer.text)
    opened = requests.get(link, timeout=10)
    assert opened.status_code == 200
    assert "what Lin asked" in opened.content.decode()
    assert "what Zhou asked" not in opened.content.decode()
    assert opened.headers["Content-Disposition"] == "attachment"
    [key] = [key for key in cloud.oss.objects if key.startswith("exports/")]
    assert requests.get(link.split("?")[0], timeout=10).status_code == 403
    assert requests.get(link.replace(key, key[:-4] + "x.md"), timeout=10).status_code == 403
    cloud.advance(121)
    assert requests.get(link, timeout=10).status_code == 403
    assert "signature" not in str([line.text for line in cloud.logs()]).lower()


@pytest.mark.parametrize(
    ("settings", "who", "private", "sentence"),
    [
        (BOSS, "somebody", True, ZH.refused_admins_only),
        (BOSS, "", True, ZH.refused_admins_only),
        (BOSS, "boss", False, ZH.refused_only_private),
        ({"ADMIN_USERS": "boss"}, "boss", True, ZH.export_off),
    ],
)
def test_refusals(new_cloud: NewCloud, settings: dict[str, str], who: str, private: bool, sentence: str) -> None:
    """Others, groups, and where it is off: a sentence, and nothing on the bucket."""
    cloud = new_cloud(**settings)
    person = cloud.person("x", staff_id=who)
    place = cloud.private(person) if private else cloud.group(person)
    [answer] = cloud.wait(cloud.say(person, "#查对话 username:张三", place))
    assert sentence in answer.text
    assert not cloud.oss.objects


def test_an_export_of_a_stale_callback(new_cloud: NewCloud) -> None:
    """Headers that somebody kept for longer than five minutes show nothing."""
    cloud = new_cloud(**BOSS)
    boss = cloud.person("Boss", staff_id="boss")
    sent = cloud.compose(boss, "#查对话 username:Boss")
    headers = cloud.signed_headers(str(int((cloud.clock.now() - 301) * 1000)))
    cloud.deliver(sent, headers=headers)
    [answer] = cloud.wait(sent)
    assert ZH.refused_stale in answer.text


def test_an_export_without_a_bucket_for_links(new_cloud: NewCloud) -> None:
    """The texts themselves are the answer."""
    cloud = new_cloud(**BOSS, OSS_BUCKET=None)
    boss, lin = cloud.person("Boss", staff_id="boss"), cloud.person("张三")
    cloud.wait(cloud.say(lin, "what Lin asked"))
    [answer] = cloud.wait(cloud.say(boss, "#查对话 username:张三"))
    assert "what Lin asked" in answer.text


def test_an_export_that_cannot_be_stored(new_cloud: NewCloud) -> None:
    """OSS unreachable: an explained failure, once, and one ERROR line."""
    cloud = new_cloud(**BOSS, OSS_ENDPOINT="http://127.0.0.1:9")
    boss = cloud.person("Boss", staff_id="boss")
    cloud.wait(cloud.say(boss, "hello"))
    [answer] = cloud.wait(cloud.say(boss, "#查对话 username:Boss"))
    assert answer.text.startswith(ZH.export_failed[:12])
    assert len([line for line in cloud.logs("reply") if "export_failed" in line.text]) == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3:22", "10.0.0.1", "100.100.100.200", "169.254.169.254:80"])
def test_inner_addresses_are_not_looked_at(cloud: LocalCloud, address: str) -> None:
    """The real resolver and sockets: nothing inside is connected to, and why is said."""
    [answer] = cloud.wait(cloud.say(cloud.person(), f"#证书 {address}"))
    assert answer.text == ZH.lookup_not_public.format(name=f"`{address.partition(':')[0]}`")


def test_look_ups_count_as_questions(new_cloud: NewCloud) -> None:
    """Whoever has used up the day looks nothing up, and asks nothing; one that found nothing counts, too."""
    cloud = new_cloud(MAX_REQUEST="2")
    lin = cloud.person()
    for _ in range(2):
        [answer] = cloud.wait(cloud.say(lin, "#证书 127.0.0.1"))
        assert answer.text == ZH.lookup_not_public.format(name="`127.0.0.1`")
    for text in ("a question", "#证书 127.0.0.1", "#域名 example.com"):
        [answer] = cloud.wait(cloud.say(lin, text))
        assert answer.text.startswith(ZH.limit_questions[:4])


@pytest.mark.parametrize("word", ["域名", "证书"])
def test_without_a_name(cloud: LocalCloud, word: str) -> None:
    """How it is used."""
    [answer] = cloud.wait(cloud.say(cloud.person(), f"#{word}"))
    assert answer.text == (ZH.domain_usage if word == "域名" else ZH.certificate_usage)
