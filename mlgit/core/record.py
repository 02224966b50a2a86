"""Record: a decorator like `@dataclass(frozen=True, slots=True, kw_only=True)`, but much faster to apply.

A dataclass compiles six functions and describes every field, which takes half a millisecond per class at
each start; for fifty of them that is longer than `status` may take. Records share their functions, and are
described only once `fields`, `replace` or `is_dataclass` of the standard library need it.

`NamedTuple` is `typing.NamedTuple`, which compiles the type of every field to check it.
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NamedTuple

    class _Record(Protocol):
        __slots__: tuple[str, ...]
        __dataclass_fields__: Mapping[str, Field[object]]
        _defaults: Mapping[str, object]
        _declared: Mapping[str, Field[object]]


__all__ = ["NamedTuple", "record"]

T = TypeVar("T")

_set = object.__setattr__


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a class immutable and with slots; its fields are passed by keyword."""
    body = dict(vars(cls))
    names = body["__annotations__"]
    defaults = {name: body.pop(name) for name in names if name in body}
    for name in ("__dict__", "__weakref__"):  # a class with slots lacks them
        body.pop(name, None)
    made = type(
        cls.__name__,
        cls.__bases__,
        body
        | _SHARED
        | {
            "__qualname__": cls.__qualname__,
            "__slots__": tuple(names),
            "__dataclass_fields__": _Description(defaults),
            "_defaults": {name: value for name, value in defaults.items() if not isinstance(value, Field)},
            "_declared": {name: value for name, value in defaults.items() if isinstance(value, Field)},
        },
    )
    return cast("type[T]", made)


class _Description:
    """The description of a record's fields for the standard library, made when it is needed.

    Args:
        defaults: the values assigned to fields in the body of the class.
    """

    def __init__(self, defaults: Mapping[str, object]) -> None:
        self._defaults = defaults

    def __get__(self, _: object, owner: type[_Record]) -> Mapping[str, Field[object]]:
        known = {name: getattr(owner, name) for name in ("__annotations__", "__module__", "__doc__")}
        described: type[_Record] = type(owner.__name__, (), {**known, **self._defaults})
        dataclass(init=False, repr=False, eq=False, kw_only=True)(described)
        owner.__dataclass_fields__ = described.__dataclass_fields__
        return owner.__dataclass_fields__


def _init(self: _Record, **values: object) -> None:
    names = self.__slots__
    if len(values) < len(names):
        values = {**self._defaults, **values}
        for name, declared in self._declared.items():
            if name not in values:
                if declared.default is not MISSING:
                    values[name] = declared.default
                elif declared.default_factory is not MISSING:
                    values[name] = declared.default_factory()
    try:
        for name, value in values.items():
            _set(self, name, value)
    except AttributeError:
        raise TypeError(f"{type(self).__name__} has no field `{name}`") from None
    if len(values) < len(names):
        missing = next(name for name in names if name not in values)
        raise TypeError(f"{type(self).__name__} needs `{missing}`")


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


_SHARED = {
    f"_{function.__name__}__": function
    for function in (_init, _repr, _eq, _hash, _setattr, _delattr, _getstate, _setstate)
}


class _NamedTuples(type):
    """Makes each class below `NamedTuple` a `collections.namedtuple` with its docstring and its methods."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        if not bases:
            return super().__new__(cls, name, bases, body)
        fields = body["__annotations__"]
        defaults = [body.pop(each) for each in fields if each in body]
        made: type = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # type: ignore[misc]  # noqa: PYI024
        for key, value in body.items():
            setattr(made, key, value)
        return made


if not TYPE_CHECKING:
    NamedTuple = _NamedTuples("NamedTuple", (), {})
