"""`#域名` and `#证书`: what people are told, in which words, and what it counts as."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from reply.answer import answer
from reply.guards import Limits
from reply.lookup.certificates import Certificate, Fault
from reply.lookup.names import Target
from reply.lookup.rdap import Registration
from shared.commands import Invoked, find_command
from shared.errors import DeliveryDelayed, LookupFailed, LookupFailure
from tests.reply.kit import NOW, ZH, FakeLookups, World, message

TODAY = datetime.fromtimestamp(NOW, timezone.utc)
NEXT_YEAR = TODAY.replace(year=TODAY.year + 1)
SPELLINGS = [
    "#{0} example.com",
    "＃{0}　example.com",
    "#{0}example.com",
    "@小助手 #{0} EXAMPLE.com",
    "#{0} https://example.com/x",
]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def said(world: World, text: str, *results: Registration | Certificate | BaseException, **changes: object) -> str:
    """What a person sees who sends the text, as `conversation` hands it over."""
    found = find_command(text)
    assert isinstance(found, Invoked)
    world.lookups = FakeLookups(list(results))
    changes = {"command": found.command.name, "text": found.argument} | changes
    answer(message(**changes), world.services(), world.until())  # type: ignore[arg-type]  # as its fields want them
    [seen] = world.chat.seen
    assert world.model.asked == []
    return seen


def certificate(*faults: Fault, ends: datetime = NEXT_YEAR, **changes: object) -> Certificate:
    made = {"subject": "example.com", "issuer": "示例机构 · CA 1", "names": ("example.com", "*.example.com")}
    return Certificate(**{**made, **changes}, not_before=TODAY, not_after=ends, faults=faults)  # type: ignore[arg-type]  # see above


@pytest.mark.parametrize("group", [False, True])
@pytest.mark.parametrize("text", [spelling.format("域名") for spelling in SPELLINGS])
def test_a_domain(world: World, text: str, group: bool) -> None:
    """However it is written, here and in groups: registration, expiry with the days left, registrar; it counts."""
    found = Registration("example.com", date(1995, 8, 14), date(2027, 8, 13), "示例注册商")
    seen = said(world, text, found, group=group)
    for part in ("`example.com`", "1995-08-14", "2027-08-13", "`示例注册商`"):
        assert part in seen
    left = (date(2027, 8, 13) - TODAY.date()).days
    assert ZH.day_left.format(days=left) in seen
    assert ZH.domain_parent not in seen
    assert world.records() == ["answered.0.json"]


def test_a_parent_and_what_is_not_published(world: World) -> None:
    """A parent's answer says that it is one; what the registry keeps to itself is said."""
    seen = said(world, "#域名 www.中文.中国", Registration("xn--fiq228c.xn--fiqs8s", None, None, ""))
    assert world.lookups.asked == ["www.xn--fiq228c.xn--fiqs8s"]
    assert "`中文.中国`" in seen
    assert seen.count(ZH.not_published) == 3
    assert ZH.domain_parent in seen


def test_a_domain_that_has_expired(world: World) -> None:
    """Days ago instead of days left."""
    seen = said(world, "#域名 example.com", Registration("example.com", None, date(2020, 1, 1), ""))
    assert ZH.day_over.format(days=(TODAY.date() - date(2020, 1, 1)).days) in seen


@pytest.mark.parametrize("group", [False, True])
@pytest.mark.parametrize("text", [spelling.format("证书") for spelling in SPELLINGS])
def test_a_certificate(world: World, text: str, group: bool) -> None:
    """Validity with the days left, issuer, names; it counts."""
    seen = said(world, text, certificate(), group=group)
    for part in ("`example.com:443`", ZH.certificate_valid, "`示例机构 · CA 1`", "`*.example.com`", "365"):
        assert part in seen
    assert world.records() == ["answered.0.json"]


FAULTS: list[Fault] = ["self_signed", "untrusted", "expired", "not_yet_valid", "wrong_name"]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_with_a_certificate(world: World, fault: Fault) -> None:
    """Each fault is said, next to the others."""
    ends = datetime(2020, 1, 1, tzinfo=timezone.utc) if fault == "expired" else NEXT_YEAR
    seen = said(world, "#证书 example.com:8443", certificate(fault, "wrong_name", ends=ends))
    assert world.lookups.asked == [Target("example.com", 8443)]
    assert getattr(ZH, f"certificate_{fault}") in seen
    assert ZH.certificate_wrong_name in seen
    assert (ZH.day_over.split("{")[0] in seen) is (fault == "expired")


def test_many_names(world: World) -> None:
    """The first are shown, and how many there are."""
    names = tuple(f"n{number}.example.com" for number in range(100))
    seen = said(world, "#证书 example.com", certificate(names=names))
    assert "`n11.example.com`" in seen
    assert "n12.example.com" not in seen
    assert ZH.more_names.format(total=100) in seen


@pytest.mark.parametrize("hostile", ["[click](https://evil.example)", "`x` ![](https://evil.example/a.png)", "a\n# b"])
def test_names_of_others_are_no_markup(world: World, hostile: str) -> None:
    """What a registry or a certificate calls itself is shown as it is."""
    seen = said(world, "#证书 example.com", certificate(issuer=hostile, names=(hostile,)))
    shown = hostile.replace("`", " ").replace("\n", " ").strip()
    assert seen.count(f"`{shown}`") == 2


@pytest.mark.parametrize("failure", LookupFailure)
@pytest.mark.parametrize("word", ["域名", "证书"])
def test_failures_are_sentences(world: World, failure: LookupFailure, word: str) -> None:
    """Each names what was asked for; what the network said goes to the log at most; it counts.

    Of a certificate one sentence tells of every port without one, so that nobody learns which are open.
    """
    problem = LookupFailed(failure, "errno 111 at 10.0.0.1")
    seen = said(world, f"#{word} 中文.中国", problem)
    of_a_port = word == "证书" and failure not in (LookupFailure.UNKNOWN_HOST, LookupFailure.NOT_PUBLIC)
    assert seen == getattr(ZH, f"lookup_{'no_tls' if of_a_port else failure.value}").format(name="`中文.中国`")
    assert [line["reason"] for line in world.lines("lookup_failed")] == [failure.value]
    assert "10.0.0.1" not in world.stream.getvalue()
    assert world.records() == ["answered.0.json"]


WRONG = {
    "": "",
    " ": "",
    "@小助手": "",
    "。": "",
    "是什么": ZH.target_no_dot,
    "localhost": ZH.target_no_dot,
    "http://": ZH.target_no_dot,
    "-": ZH.target_no_dot,
    "a b": ZH.target_several,
    "example.com 到期了吗": ZH.target_several,
    "example.com:0": ZH.target_port,
    "example.com:99999": ZH.target_port,
    "https://example.com:https/": ZH.target_port,
    "me@example.com": ZH.target_characters,
    "-x.example.com": ZH.target_characters,
    "exa$mple.com": ZH.target_characters,
    "example..com": ZH.target_characters,
    "::1": ZH.target_address,
    "[2001:db8::1]:443": ZH.target_address,
    "http://[::ffff:10.0.0.1]/": ZH.target_address,
}


@pytest.mark.parametrize("argument", WRONG)
@pytest.mark.parametrize(("word", "usage"), [("域名", ZH.domain_usage), ("证书", ZH.certificate_usage)])
def test_no_name(world: World, word: str, usage: str, argument: str) -> None:
    """What is wrong with it, and how it is used; nothing is looked up, and it does not count."""
    wrong = WRONG[argument].format(name=f"`{argument}`")
    assert said(world, f"#{word} {argument}") == "\n\n".join(filter(None, (wrong, usage)))
    assert world.lookups.asked == []
    assert world.records() == ["command.0.json"]


@pytest.mark.parametrize(
    "argument", ["127.0.0.1", "93.184.216.34", "10.0.0.1:8080", "http://127.0.0.1/", "１２７.0.0.1", "127.0.0.1。"]
)
def test_an_address_is_no_domain(world: World, argument: str) -> None:
    """Registries know names: it is said that this is none."""
    seen = said(world, f"#域名 {argument}")
    assert re.fullmatch(r"`[\d.]+` 是 IP 地址，不是域名。\n\n" + re.escape(ZH.domain_usage), seen)


@pytest.mark.parametrize("argument", ["1.2.3", "127.1", "999.1.1.1", "256.256.256.256", "1.2.3.4.5", "0x7f.1", "x.123"])
def test_a_number_is_no_domain(world: World, argument: str) -> None:
    """No TLD ends with a digit."""
    assert ZH.target_digits.format(name=f"`{argument}`") in said(world, f"#域名 {argument}")


@pytest.mark.parametrize(
    "argument",
    [
        *(
            "ftp://example.com/x",
            "wss://example.com",
            "https://me:secret@example.com/",
            "“example.com”",
            "'example.com'",
        ),
        *("`example.com`", "<https://example.com/>", "「example.com」。", "《example.com》", "HTTP://EXAMPLE.COM?a=@b"),
    ],
)
def test_a_name_in_other_dress(world: World, argument: str) -> None:
    """Addresses of other schemes, a name and password before the host, and quotes around it."""
    said(world, f"#域名 {argument}", Registration("example.com", None, None, ""))
    assert world.lookups.asked == ["example.com"]


def test_the_limit_covers_them(world: World) -> None:
    """With today's questions used up, nothing is looked up."""
    world.limits = Limits(questions_per_day=1)
    said(world, "#证书 example.com", certificate())
    world.chat.seen.clear()
    seen = said(world, "#域名 example.com", Registration("example.com", None, None, ""), id="msg2")
    assert seen.startswith(ZH.limit_questions[:4])
    assert world.lookups.asked == []


@pytest.mark.parametrize("failure", LookupFailure)
@pytest.mark.parametrize("word", ["域名", "证书"])
def test_failures_use_up_the_limit(world: World, failure: LookupFailure, word: str) -> None:
    """They cost what the others do: whoever tries ports or names one after the other has an end."""
    world.limits = Limits(questions_per_day=2)
    for number in range(2):
        said(world, f"#{word} example.com", LookupFailed(failure, ""), id=f"failed{number}")
        world.chat.seen.clear()
    assert said(world, "#证书 example.com", certificate(), id="late").startswith(ZH.limit_questions[:4])


@pytest.mark.parametrize(
    ("result", "record"),
    [(certificate(), "answered.0.json"), (LookupFailed(LookupFailure.TIMEOUT, ""), "answered.0.json")],
)
def test_what_a_retry_puts_on_record(world: World, result: Certificate | LookupFailed, record: str) -> None:
    """A look-up that could not be shown at first counts as if it had been."""
    world.chat.errors = [DeliveryDelayed("busy")]
    with pytest.raises(DeliveryDelayed):
        said(world, "#证书 example.com", result)
    said(world, "#证书 example.com")
    assert world.records() == [record]


def test_storage_down(world: World) -> None:
    """It is looked up and shown all the same."""
    (world.mount / "conversations").write_text("no folder")
    (world.mount / "records").write_text("no folder")
    assert "`示例机构 · CA 1`" in said(world, "#证书 example.com", certificate())
