"""What identifies a person in free text is named, and only that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.core import identifiers
from orchestration.core.identifiers import identifier_kind, personal_data


def test_free_text_is_scanned_for_every_kind() -> None:
    text = (
        "Ada wrote from ada@example.com, 10.0.0.1 and 2001:db8::17, call +49 30 1234567, card 4111-1111-1111-1111, "
        "IBAN GB82 WEST 1234 5698 7654 32, key sk-aaaaaaaaaaaaaaaaaaaaaaaa."
    )
    assert personal_data(text) == ["card", "email", "iban", "ip", "key", "phone"]


@pytest.mark.parametrize(
    "text",
    [
        "First breach of the usage policy.",
        "Version 1.2 of section 4.3.2, on 2026-05-01T10:00:00Z, 12,345 accounts.",
        "Order 4111111111111112 is no card.",
        "Clusters 0001 and 0002; ratio 17:4:2.",
    ],
)
def test_plain_explanation_holds_no_personal_data(text: str) -> None:
    assert personal_data(text) == []


@given(st.text())
def test_whatever_is_an_identifier_is_found_by_the_scan(text: str) -> None:
    kind = identifier_kind(text, is_version=False)
    assert kind is None or kind in personal_data(text)


@pytest.mark.parametrize(
    "text", ["sk-" + "a" * 24, "-----BEGIN PRIVATE KEY-----", "Bearer " + "a" * 20, "AKIA" + "A" * 16]
)
def test_secret_without_a_digit_is_found(text: str) -> None:
    assert personal_data(text) == ["key"]


PIECES = st.sampled_from(
    ["ada@example.com", "10.0.0.1", "2001:db8::17", "::1", "+49 30 1234567", "4111-1111-1111-1111", "GB82 WEST 1234 5698 7654 32",
     "sk-aaaaaaaaaaaaaaaaaaaaaaaa", "AKIAABCDEFGHIJKLMNOP", "\u0662\u0660\u0662\u0666", "é", "AB12", "0044 20 7946 0958"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(alphabet="aZ0 9.:+@-", max_size=12), max_size=5).map(" ".join))
def test_the_cheap_signs_let_nothing_through(text: str) -> None:
    rules = {
        "card": identifiers._has_card, "email": identifiers._EMAIL_CONTENT.search, "iban": has_iban,
        "ip": lambda content: identifiers._IPV4.search(content) or has_ipv6(content),
        "key": identifiers._SECRET_CONTENT.search, "phone": identifiers._has_phone,
    }  # fmt: skip
    assert personal_data(text) == [kind for kind, rule in rules.items() if rule(text)]


def has_iban(text: str) -> bool:
    return any(identifiers._is_iban(found.group()) for found in identifiers._IBAN.finditer(text))


def has_ipv6(text: str) -> bool:
    return any(identifiers._is_ipv6(found.group()) for found in identifiers._IPV6.finditer(text))
