"""Mutants: every change of what a line computes, and none of its texts and types."""

from __future__ import annotations

import pytest

from tests.mutation.mutants import mutants


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        ("a = b < c", ["Lt -> Gt", "Lt -> LtE"]),
        ("a = b is not None", ["IsNot -> Is"]),
        (
            "a = b and c or d",
            ["And -> Or", "Or -> And", *(f"without `{each}`" for each in ("b and c", "b", "c", "d"))],
        ),
        ("a = not b", ["without not"]),
        ("a = b if c else d", ["condition negated"]),
        ("a = [b for b in c if b]", ["filter dropped"]),
        ("a = (True, 7)", ["7 -> 8", "True -> False"]),
        ("a()", ["call dropped"]),
        ("a: int | None = b + c", ["Add -> Sub"]),
        ("a = 'text'", []),
        ("a = f'{b:>3}'", []),
        ("if TYPE_CHECKING:\n    a = 1", []),
        ("assert_never(a)", []),
        ("a = zip(b, c, strict=True)", []),
        ("def a(): return b", ["returns None"]),
        ("def a(): return False", ["False -> True"]),
    ],
)
def test_what_computes_is_changed_and_no_text_or_type(line: str, changes: list[str]) -> None:
    assert sorted(mutant.change.partition(" in `")[0] for mutant in mutants(line)) == changes
