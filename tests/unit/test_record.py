"""Record: behaves like a frozen dataclass with slots and keyword fields."""

from __future__ import annotations

import copy
import pickle
import typing
from dataclasses import FrozenInstanceError, dataclass, field, fields, is_dataclass, replace

import pytest

from mlgit.core.record import NamedTuple, record


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


class Point(NamedTuple):
    """A place."""

    x: int
    y: NotImported | None = None  # type: ignore[name-defined]  # noqa: F821

    @property
    def twice(self) -> int:
        return 2 * self.x


class TheirPoint(typing.NamedTuple):
    """A place."""

    x: int
    y: int | None = None

    @property
    def twice(self) -> int:
        return 2 * self.x


def test_a_named_tuple_is_that_of_typing() -> None:
    assert set(dir(Point)) == set(dir(TheirPoint)) - {"__orig_bases__"}
    for name in ("_fields", "_field_defaults", "__doc__", "__module__", "__match_args__", "__slots__"):
        assert getattr(Point, name) == getattr(TheirPoint, name), name
    assert repr(Point(1)) == repr(TheirPoint(1)).removeprefix("Their")
    assert (Point(2).twice, Point(2), Point(x=1)._replace(y=3)) == (4, (2, None), (1, 3))
    assert pickle.loads(pickle.dumps(Point(1))) == Point(1)  # noqa: S301 (our own bytes)
