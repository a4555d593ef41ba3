"""URLs as the database's framework understands them."""

import pytest

from reports.sor.urls import is_url


@pytest.mark.parametrize(
    "text",
    [
        "https://terms.example/4.2", "http://localhost", "HTTPS://TERMS.EXAMPLE", "https://terms.example.", "ftp://a.b",
        "https://ada:secret@terms.example:8443/x?y=[1]&z=%20#top", "https://xn--bcher-kva.example", "https://bücher.example/ü",
        "https://[2001:db8::1]:80/", "https://[::ffff:10.0.0.1]", "https://10.0.0.1/x", "https://a_b.example?q",
        "https://terms.example/\n", "https://☕.example", "https://a.example/~x/(y)!$&'*+,;=:@", "z39.50r://a.example",
    ],
)  # fmt: skip
def test_what_the_framework_takes_is_a_url(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "terms.example", "https:/terms.example", "https://", "//terms.example", "javascript:alert(1)", "nothing://a.example",
        "https://a b.example", "https://terms.example/a b", "https://terms.example/<x>", "https://terms.example/%zz",
        "https://[2001:db8::1", "https://[1:2:3]", "https://a..example", "https://terms.example:port", " https://a.example",
        "https://a.example\n\n", "mailto:ada@example.com", "https://a.example/#[x]", "https://bücher", "https://-☕",
    ],
)  # fmt: skip
def test_what_the_framework_refuses_is_none(text: str) -> None:
    assert not is_url(text)


def test_a_long_text_takes_no_long_time() -> None:
    assert not is_url("https://" + "a." * 100_000 + "!")
    assert not is_url("https://" + "%41" * 100_000 + " ")
