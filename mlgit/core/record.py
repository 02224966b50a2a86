"""Record: what `@dataclass(frozen=True, slots=True, kw_only=True)` does, ten times faster to define.

A dataclass compiles six functions for every class, half a millisecond each time the program starts; with
fifty records that is longer than `status` may take. Here all records share the same six functions, while
`fields`, `replace` and `is_dataclass` of the standard library still work.
"""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import TypeVar, dataclass_transform

T = TypeVar("T")

_set = object.__setattr__


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make an immutable class with slots whose fields are given by keyword."""
    made = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)(cls)
    for function in (_init, _repr, _eq, _hash, _setattr, _delattr, _getstate, _setstate):
        setattr(made, f"_{function.__name__}__", function)
    return made


def _init(self: object, **values: object) -> None:
    names = self.__dataclass_fields__  # type: ignore[attr-defined]
    for name, declared in names.items():
        if name in values:
            _set(self, name, values.pop(name))
        elif declared.default is not MISSING:
            _set(self, name, declared.default)
        elif declared.default_factory is not MISSING:
            _set(self, name, declared.default_factory())
        else:
            raise TypeError(f"{type(self).__name__} needs `{name}`")
    if values:
        raise TypeError(f"{type(self).__name__} has no field `{next(iter(values))}`")


def _repr(self: object) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)  # type: ignore[arg-type]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _compared(self: object) -> tuple[object, ...]:
    return tuple(getattr(self, each.name) for each in fields(self) if each.compare)  # type: ignore[arg-type]


def _eq(self: object, other: object) -> bool:
    return _compared(self) == _compared(other) if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash(_compared(self))


def _setattr(self: object, name: str, _: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r} of {type(self).__name__}")


def _delattr(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r} of {type(self).__name__}")


def _getstate(self: object) -> list[object]:
    return [getattr(self, each.name) for each in fields(self)]  # type: ignore[arg-type]


def _setstate(self: object, state: list[object]) -> None:
    for each, value in zip(fields(self), state, strict=True):  # type: ignore[arg-type]
        _set(self, each.name, value)
