"""The role's key: from the context where it carries one, else from the environment."""

from types import SimpleNamespace

import pytest

from shared.credentials import Credentials, credentials_of

FROM_ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "env-id",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "env-secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "env-token",
}


def context(key_id: object, secret: object, token: object) -> object:
    return SimpleNamespace(
        credentials=SimpleNamespace(access_key_id=key_id, access_key_secret=secret, security_token=token)
    )


@pytest.mark.parametrize(
    ("given", "environ", "expected"),
    [
        (context("i", "s", "t"), FROM_ENVIRON, Credentials("i", "s", "t")),
        (context("i", "s", None), {}, Credentials("i", "s", "")),
        (context("", "", ""), FROM_ENVIRON, Credentials("env-id", "env-secret", "env-token")),
        (context(None, None, None), FROM_ENVIRON, Credentials("env-id", "env-secret", "env-token")),
        (SimpleNamespace(), FROM_ENVIRON, Credentials("env-id", "env-secret", "env-token")),
        (None, FROM_ENVIRON, Credentials("env-id", "env-secret", "env-token")),
        (SimpleNamespace(credentials=None), {}, None),
        (context("i", None, "t"), {"ALIBABA_CLOUD_ACCESS_KEY_ID": "only"}, None),
    ],
)
def test_where_they_come_from(given: object, environ: dict[str, str], expected: Credentials | None) -> None:
    """FC's python3.10 has them in the context, python3.12 in the environment; half a pair is none."""
    assert credentials_of(given, environ) == expected


def test_they_do_not_show() -> None:
    """A repr in a traceback shows the id and nothing that signs."""
    assert repr(Credentials("id", "s3cret", "t0ken")) == "Credentials(key_id='id')"
