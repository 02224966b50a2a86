"""Record: behaves like a frozen dataclass with slots and keyword fields."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, is_dataclass, replace

import pytest

from mlgit.core.record import record


@record
class Ours:
    """Ours."""

    a: int
    b: tuple[str, ...] = ()
    c: dict[str, int] = field(default_factory=dict, compare=False)

    @property
    def twice(self) -> int:
        return 2 * self.a


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """The standard library's."""

    a: int
    b: tuple[str, ...] = ()
    c: dict[str, int] = field(default_factory=dict, compare=False)


def test_it_looks_like_a_dataclass_from_outside() -> None:
    assert [each.name for each in fields(Ours)] == [each.name for each in fields(Theirs)]
    assert repr(Ours(a=1)) == repr(Theirs(a=1)).replace("Theirs", "Ours")
    assert Ours(a=4).twice == 8
    assert is_dataclass(Ours)


def test_equality_and_hash_ignore_fields_that_are_not_compared() -> None:
    assert Ours(a=1, c={"x": 1}) == Ours(a=1)
    assert hash(Ours(a=1, c={"x": 1})) == hash(Ours(a=1))
    assert Ours(a=1) != Ours(a=2)
    assert Ours(a=1) != Theirs(a=1)  # type: ignore[comparison-overlap]


def test_defaults_are_not_shared() -> None:
    one, other = Ours(a=1), Ours(a=1)
    one.c["x"] = 1
    assert other.c == {}


def test_it_cannot_be_changed_only_replaced() -> None:
    made = Ours(a=1)
    with pytest.raises(FrozenInstanceError):
        made.a = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del made.a
    with pytest.raises((AttributeError, TypeError)):
        made.unknown = 2  # type: ignore[attr-defined]
    assert replace(made, a=2) == Ours(a=2)
    assert not hasattr(made, "__dict__")


@pytest.mark.parametrize("values", [{}, {"a": 1, "z": 2}])
def test_missing_and_unknown_fields_are_refused(values: dict[str, int]) -> None:
    with pytest.raises(TypeError):
        Ours(**values)  # type: ignore[arg-type]


def test_it_can_be_copied_and_pickled() -> None:
    made = Ours(a=1, b=("x",), c={"y": 2})
    assert copy.copy(made) == made
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301 (our own bytes)
