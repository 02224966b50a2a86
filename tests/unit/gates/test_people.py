"""One person's address is recognized however it is written, and two persons' addresses are not one."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.gates.people import person
from mlgit.core.gates.waivers import usable
from tests.support.verdicts import TODAY, waiver

ADA = "ada@example.org"
LOCALS = [
    *(
        "ada",
        "Ada",
        "ADA",
        "ada+x",
        "ada+",
        "ada.",
        ".ada",
        '"ada"',
        "(x)ada",
        "ada(a (b))",
        "a\u200bda",
        " ada",
    ),
    *(
        "\u0430da",
        "ad\u0430",
        "\u0410DA",
        "a\u0501a",
        "\u03b1da",
        "\u0251da",
        "\uff41\uff44\uff41",
        "\u00e1da",
    ),
    *("\U0001d41a\U0001d41d\U0001d41a", "ad\u0430+x", "a\u00add\u0430."),
]
DOMAINS = [
    *(
        "example.org",
        "Example.ORG",
        "example.org.",
        "example\u3002org",
        "example\uff0eorg",
        "examp\u04cfe.org",
    ),
    *("\u0435xample.org", "xn--xample-2of.org", "examp1e.org", "example.\u03bfrg", "exa\u200bmple.org"),
]
FRAMES = [
    "%s",
    "mailto:%s",
    "MAILTO:%s",
    "Ada <%s>",
    '"Ada, A." <%s>',
    "<%s>",
    " %s ",
    "%s?subject=x",
    "mailto:<%s>",
]


@pytest.mark.parametrize("frame", FRAMES)
def test_every_way_to_write_an_address_is_the_same_person(frame: str) -> None:
    for local, domain in product(LOCALS, DOMAINS):
        address = frame % f"{local}@{domain}"
        assert person(address) == person(ADA), ascii(address)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.da@gmail.com", "ADA+x@googlemail.com"),
        ("1234+ada@users.noreply.github.com", "ada@users.noreply.github.com"),
        ("xn--zzz\u20ac@example.org", "xn--zzz\u20ac@EXAMPLE.org"),
        ("a@xn--\u20ac.org", "a@XN--\u20ac.org"),
        ("a)b@example.org", "a)b+c@example.org"),
    ],
)
def test_hosts_with_rules_of_their_own(one: str, other: str) -> None:
    assert person(one) == person(other)


@pytest.mark.parametrize(
    "other",
    [
        *(
            "bob@example.org",
            "ada@example.com",
            "ada@mail.example.org",
            "adam@example.org",
            "a.da@example.org",
        ),
        *(
            "ada-x@example.org",
            "ada_x@example.org",
            "\u0436ada@example.org",
            "ada@example.org.uk",
            "da@example.org",
        ),
        *("1+bob@users.noreply.github.com", "x+ada@example.org", "ada"),
    ],
)
def test_another_address_is_another_person(other: str) -> None:
    assert person(other) != person(ADA)


def test_what_follows_a_parenthesis_that_nothing_opened_is_part_of_the_address() -> None:
    assert person("a)da@example.org") != person("a)bob@example.org")


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_form_is_found_for_any_text_and_case_makes_no_difference(local: str, domain: str) -> None:
    assert person(f"x{local}@{domain}") == person(f"X{local}@{domain}")


@pytest.mark.parametrize(
    "address", ["ad\u0430@example.org", "ada+x@example.org", "mailto:ada@example.org", "ada@example.org."]
)
def test_an_author_cannot_approve_under_another_spelling(address: str) -> None:
    for approver, author in ((address, ADA), (ADA, address)):
        good, notes = usable(
            [waiver(approver=approver)], evaluated_on=TODAY, authors={author}, known={"floor"}
        )
        assert good == ()
        assert [note.code for note in notes] == ["waiver_self_approved"]


@pytest.mark.parametrize(
    ("people", "by_author"),
    [
        ((), None),
        (("carol@example.org",), None),
        (("carol@example.org", "Ada+x@example.org"), "Ada+x@example.org"),
    ],
)
def test_a_waiver_by_an_author_is_marked(people: tuple[str, ...], by_author: str | None) -> None:
    (good,), notes = usable([waiver(brought_by=people)], evaluated_on=TODAY, authors={ADA}, known={"floor"})
    assert notes == ()
    assert good.by_author == by_author
