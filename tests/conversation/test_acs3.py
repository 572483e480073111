"""The signature is the official SDK's, byte for byte."""

import hashlib
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from conversation.acs3 import authorization, canonical_query, percent_encoded
from shared.credentials import Credentials

NAMES = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=30)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40)
WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


@settings(deadline=None)
@given(
    method=st.sampled_from(["POST", "GET", "PUT"]),
    path=WORDS,
    query=st.dictionaries(st.text("abcXYZ_.019", min_size=1, max_size=8), WORDS, max_size=4),
    headers=st.dictionaries(NAMES, VALUES, max_size=8),
    body=st.binary(max_size=64),
    key=st.tuples(PRINTABLE, PRINTABLE),
)
def test_authorization_equals_the_sdks(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes, key: tuple[str, str]
) -> None:
    """For any method, path, query, headers and body the header is the one of alibabacloud-tea-openapi."""
    from alibabacloud_tea_openapi.utils import Utils

    one_case = {name.lower(): value for name, value in headers.items()}
    pathname = "/" + percent_encoded(path, safe="/")
    body_hash = hashlib.sha256(body).hexdigest()
    request = SimpleNamespace(method=method, pathname=pathname, query=query, headers=one_case)
    expected = Utils.get_authorization(request, "ACS3-HMAC-SHA256", body_hash, *key)
    assert authorization(method, pathname, query, one_case, body_hash, Credentials(*key)) == expected


@settings(deadline=None)
@given(path=WORDS, query=st.dictionaries(WORDS, WORDS, max_size=3))
def test_encoding_equals_the_sdks(path: str, query: dict[str, str]) -> None:
    """Paths and parameters are encoded as the SDK does it."""
    from alibabacloud_tea_openapi.utils import Utils, get_canonical_query_string

    assert percent_encoded(path, safe="/") == Utils.get_encode_path(path)
    assert percent_encoded(path) == Utils.get_encode_param(path)
    assert canonical_query(query) == get_canonical_query_string(query)
