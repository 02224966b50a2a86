"""Which waivers are valid, and how their file is read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mlgit.adapters.config.waivers import load_waivers
from mlgit.core.gates.waivers import usable
from mlgit.errors import ConfigError
from tests.support.verdicts import TODAY, waiver

NAME = "1a2b3c4:.mlgit/waivers.yaml"
ENTRY = """\
version: 1
waivers:
  - id: dip
    gate: auc-floor
    floor: 0.94
    reason: New hospital
    approver: carol@example.org
    expires: 2026-05-31
"""


def problems(**more: Any) -> list[str]:  # noqa: ANN401
    _, notes = usable(
        [waiver(**more)], evaluated_on=TODAY, authors={"ada@example.org"}, known={"floor", "m/floor"}
    )
    return [note.code for note in notes]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"gate": "m/floor"}, []),
        ({"gate": "gates_loosened:floor"}, []),
        ({"gate": "flor"}, ["waiver_unknown"]),
        ({"gate": "gates_loosened:flor"}, ["waiver_unknown"]),
        ({"slice": "vip"}, ["waiver_unknown"]),
        ({"traced": False}, ["waiver_untraced"]),
        ({"expires": TODAY}, []),
        ({"expires": date(2026, 2, 28)}, ["waiver_expired"]),
        ({"since": date(2026, 1, 1), "expires": date(2026, 4, 1)}, []),
        ({"since": date(2026, 1, 1), "expires": date(2026, 4, 2)}, ["waiver_too_long"]),
        ({"since": None, "expires": date(2026, 5, 30)}, []),
        ({"since": None, "expires": date(2026, 5, 31)}, ["waiver_too_long"]),
        ({"approver": "ada@example.org"}, ["waiver_self_approved"]),
        ({"approver": "Ada@Example.org"}, ["waiver_self_approved"]),
    ],
)
def test_invalid_waivers_are_noted(more: dict[str, Any], expected: list[str]) -> None:
    assert problems(**more) == expected


def test_a_commit_with_a_date_in_the_future_does_not_extend_a_waiver() -> None:
    assert problems(since=date(2026, 12, 1), expires=date(2026, 12, 31)) == ["waiver_too_long"]


def test_the_note_of_an_ignored_waiver_names_its_commit() -> None:
    good, notes = usable([waiver(expires=date(2020, 1, 1))], evaluated_on=TODAY, authors=(), known={"floor"})
    assert good == ()
    assert notes[0].message == "Waiver `w1` (from ccccccc) is ignored: its last day was 2020-01-01"
    assert notes[0].effect == "warn"
    assert waiver(commit=None).origin == "not committed yet"
    assert waiver(traced=False).origin == "of unknown origin"


@pytest.mark.parametrize(
    ("more", "effect"),
    [
        ({"gate": "gates_loosened:prod"}, "note"),
        ({"gate": "gates_loosened:prod", "commit": None}, "warn"),
        ({"gate": "prod"}, "warn"),
    ],
)
def test_a_waiver_on_trunk_whose_change_was_merged_is_only_a_note(more: dict[str, Any], effect: str) -> None:
    _, (note,) = usable([waiver(**more)], evaluated_on=TODAY, authors=(), known={"floor"})
    assert (note.code, note.effect) == ("waiver_unknown", effect)
    assert note.message.endswith("there is no gate `prod`" if more["gate"] == "prod" else "to agree to")


def test_a_waivers_file_is_read() -> None:
    (found,) = load_waivers(ENTRY.encode(), name=NAME)
    assert (found.id, found.gate, found.floor, found.expires, found.line) == (
        "dip",
        "auc-floor",
        Decimal("0.94"),
        date(2026, 5, 31),
        3,
    )


def test_a_list_without_its_key_has_a_hint_how_to_write_it() -> None:
    with pytest.raises(ConfigError, match="is a list") as caught:
        load_waivers(b"- id: W1\n", name=NAME)
    assert caught.value.hint == "write `version: 1` and `waivers:` above the list, and indent the list"


@pytest.mark.parametrize("text", ["", "version: 1\n", "version: 1\nwaivers:\n"])
def test_a_waivers_file_may_be_empty(text: str) -> None:
    assert load_waivers(text.encode(), name=NAME) == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    expires: 2026-05-31\n", "", "expires"),
        ("    reason: New hospital\n", "", "reason"),
        ("    approver: carol@example.org\n", "", "approver"),
        ("    floor: 0.94\n", "", "has no `floor`"),
        ("2026-05-31", "2026-02-30", "not a date"),
        ("2026-05-31", "next week", "next week"),
        ("carol@example.org", "carol", "carol"),
        ("floor: 0.94", "floor: low", "low"),
        ("reason:", "reson:", "reson"),
        ("version: 1", "version: 2", "2"),
        ("    gate: auc-floor\n", "    gate: auc-floor\n    covers: [everything]\n", "everything"),
        ("    gate: auc-floor\n", "    gate: auc-floor\n    gate: other\n", "twice"),
        ("gate: auc-floor", "gate: &a auc-floor", "nchor"),
        ("version: 1\n", "version: [\n", "YAML"),
        ("id: dip", 'id: "dip\\n"', "cannot be shown"),
        ("gate: auc-floor", 'gate: "auc\\e[2J"', "cannot be shown"),
        ("carol@example.org", "|\n      carol@example.org", "cannot be shown"),
        ("floor: 0.94", "floor: null", "nothing"),
        ("floor: 0.94", "floor: true", "true"),
        ("floor: 0.94", 'floor: "0.94"', "0.94"),
        ("floor: 0.94", "floor: [0.94]", "a list"),
        ("floor: 0.94", "floor: 94%", "94%"),
    ],
)
def test_a_wrong_waivers_file_is_refused_with_a_location(old: str, new: str, message: str) -> None:
    assert old in ENTRY
    with pytest.raises(ConfigError) as raised:
        load_waivers(ENTRY.replace(old, new).encode(), name=NAME)
    error = raised.value
    assert any(message in f"{each.message} {each.expected}" for each in error.problems or (error,))
    assert error.location is not None
    assert error.location.path == NAME


FLOORS = {
    ".nan": "cannot be a floor",
    ".NaN": "cannot be a floor",
    ".inf": "cannot be a floor",
    "-.inf": "cannot be a floor",
    "1e999999999": "is out of range",
    "-1e999999999": "is out of range",
    "1e-999999999": "is out of range",
    "1e9999999999999999999": "`floor` is",
    "1" * 60: "is out of range",
    "0." + "1" * 60: "is out of range",
    "1" * 5000: "`floor` is",
    "0x" + "f" * 5000: "`floor` is",
    "NaN": "`NaN` is not a number",
    "0.9.4": "`0.9.4` is not a number",
    "12:30": "`12:30` is not a number",
}


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_that_is_not_a_usable_number_is_refused_with_its_line(floor: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load_waivers(ENTRY.replace("0.94", floor).encode(), name=NAME)
    assert FLOORS[floor] in raised.value.message.replace("Floor", "floor")
    assert raised.value.location is not None
    assert raised.value.location.line == 5
    assert raised.value.expected is not None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0x1F", "31"),
        ("0o17", "15"),
        ("0b11", "3"),
        ("1_000", "1000"),
        ("-0", "0"),
        ("1e-3", "0.001"),
        ("08", "8"),
    ],
)
def test_a_floor_may_be_written_as_any_number_of_yaml(text: str, number: str) -> None:
    (found,) = load_waivers(ENTRY.replace("0.94", text).encode(), name=NAME)
    assert found.floor == Decimal(number)


def test_an_id_is_unique() -> None:
    twice = ENTRY + ENTRY.partition("waivers:\n")[2]
    with pytest.raises(ConfigError, match="`dip` appears twice"):
        load_waivers(twice.encode(), name=NAME)


def test_a_waiver_of_a_loosened_gate_needs_no_floor() -> None:
    text = ENTRY.replace("auc-floor", "gates_loosened:auc-floor").replace("    floor: 0.94\n", "")
    assert load_waivers(text.encode(), name=NAME)[0].floor is None
