"""Shape: check a document against its JSON Schema, and explain every violation with its place."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mlgit.adapters.config.meant import flow, gate_meant, key_meant, listed_gate, number_hint
from mlgit.core.wording import near
from mlgit.resources import schema_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from jsonschema.exceptions import ValidationError

    from mlgit.adapters.config.frames import Document
    from mlgit.errors import ConfigError

_TYPES = {
    "number": "a number",
    "integer": "a whole number",
    "string": "text",
    "object": "a mapping of keys to values",
    "array": "a list",
    "boolean": "`true` or `false`",
}
# What YAML 1.1 reads as a boolean, and 1.2 as text.
_SWITCHES = {"yes": "true", "on": "true", "no": "false", "off": "false"}
# A number that is longer than any that is read.
_LONG = re.compile(r"[-+]?(?:[0-9.]+[eE][-+]?[0-9]{9,}|(?:0[xob])?[0-9a-fA-F_]{999,})")
_SHOWN = 60
# Schemas have these for editors; the rules of each file report them in better words.
_IN_RULES = frozenset({"oneOf", "anyOf", "allOf", "if"})


def violations(
    document: Document,
    *,
    schema: str,
    later: Callable[[Sequence[str | int]], Collection[str]] | None = None,
    extend: Callable[[Any], None] | None = None,
) -> list[tuple[ConfigError, tuple[str | int, ...]]]:
    """Every violation of `schemas/<schema>.schema.json`, and its path.

    The caller checks combinations (`oneOf` and the like), because it can explain them better. `later` are the
    keys at a path that a later version will know. `extend` adds what plug-ins allow to the schema's tree.
    """
    from jsonschema import Draft202012Validator

    tree = json.loads(schema_text(schema))
    if extend is not None:
        extend(tree)
    validator = Draft202012Validator(tree)
    # Each missing key is a violation, and the errors of each cover all missing keys: keep one of each.
    found: dict[tuple[str, str], tuple[ConfigError, tuple[str | int, ...]]] = {}
    for violation in validator.iter_errors(document.value):
        for error in _Violation(document, violation, later).errors():
            found[error.message, str(error.location)] = (error, tuple(violation.absolute_path))
    return list(found.values())


def choices(words: Iterable[object]) -> str:
    """`a`, `b` or `c`."""
    quoted = [f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def shown(value: object) -> str:
    """A value as messages quote it, in one short line."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = " ".join(text.split()) if text.strip() else text
    return f"`{text[: _SHOWN - 1]}…`" if len(text) > _SHOWN else f"`{text}`"


def place(error: ConfigError) -> tuple[int, int]:
    """Line and column, to sort errors by."""
    if error.location is None:
        return (0, 0)
    return (error.location.line or 0, error.location.column or 0)


class _Violation:
    """One violation, to be explained."""

    def __init__(
        self,
        document: Document,
        violation: ValidationError,
        later: Callable[[Sequence[str | int]], Collection[str]] | None,
    ) -> None:
        self._document = document
        self._violation = violation
        self._later = later
        self._value: Any = violation.instance
        self._wanted: Any = violation.validator_value
        self._path: tuple[Any, ...] = tuple(violation.absolute_path)
        # The rules for a key are violated at its mapping, but the error belongs to the key.
        self._of_key = "propertyNames" in violation.absolute_schema_path
        if self._of_key:
            self._path = (*self._path, self._value)
        self._schema: Mapping[str, Any] = violation.schema if isinstance(violation.schema, dict) else {}

    def errors(self) -> list[ConfigError]:
        """The errors; none if the rules of the file report the violation."""
        keyword = str(self._violation.validator)
        if keyword in _IN_RULES or (keyword == "not" and "enum" not in self._wanted):
            return []
        if keyword == "additionalProperties":
            return [self._unknown_key(key) for key in self._value if key not in self._known()]
        if keyword == "required":
            absent = [key for key in self._wanted if key not in self._value]
            return [self._missing(key) for key in absent if self._joined(key) is None]
        special: dict[str, Callable[[], ConfigError]] = {
            "type": self._wrong_type,
            "enum": self._wrong_choice,
            "const": self._wrong_constant,
            "not": self._reserved,
        }
        return [special.get(keyword, self._wrong_text)()]

    def _error(self, message: str, *, expected: str | None = None, hint: str | None = None) -> ConfigError:
        return self._document.problem(message, self._path, key=self._of_key, expected=expected, hint=hint)

    @property
    def _label(self) -> str:
        """The name of the value: its key, or the list that it is in."""
        words = [step for step in self._path if isinstance(step, str)]
        if not words:
            return f"`{self._document.name}`"
        return f"`{words[-1]}`" if isinstance(self._path[-1], str) else f"an entry of `{words[-1]}`"

    @property
    def _subject(self) -> str:
        return self._label[:1].upper() + self._label[1:]

    def _known(self) -> tuple[str, ...]:
        return tuple(self._schema.get("properties", {}))

    def _unknown_key(self, key: Any) -> ConfigError:  # noqa: ANN401 (YAML keys are anything)
        path = (*self._path, key)
        where = f" in {self._label}" if self._path else ""
        split = self._document.split_number(path)
        if split is not None:
            return split
        if self._later is not None and key in self._later(self._path):
            return self._document.problem(
                f"`{key}` is not available in this version", path, key=True, hint=f"remove `{key}`{where}"
            )
        return self._document.problem(
            f"There is no key {shown(key)}{where}",
            path,
            key=True,
            expected=choices(self._known()),
            hint=self._key_hint(key),
        )

    def _joined(self, key: str) -> str | None:
        """A key such as `metric:auc` that is meant to be this key and its value."""
        return next((each for each in self._value if str(each).startswith(f"{key}:")), None)

    def _key_hint(self, key: object) -> str | None:
        ours, colon, value_after = str(key).partition(":")
        if colon and ours in self._known() and self._value.get(key) is None:
            return f"write `{ours}: {value_after}`, with a space"
        meant = key_meant(self._path[0], key) if len(self._path) == 2 else None  # noqa: PLR2004 (part, name)
        if meant is None:
            return near(str(key), self._known())
        value = self._value.get(key)
        return (
            f"write `{meant}: {flow(value)}`" if not isinstance(value, (dict, list)) else f"write `{meant}:`"
        )

    def _missing(self, key: str) -> ConfigError:
        rule = self._schema.get("properties", {}).get(key, {})
        hint = f"add `{key}: {rule.get('const', '…')}`"
        return self._document.problem(f"{self._subject} has no `{key}`", self._path, key=True, hint=hint)

    def _wrong_type(self) -> ConfigError:
        value, wanted = self._value, self._wanted
        if self._of_key:
            return self._error(
                f"The key {shown(value)} is not text", expected="text", hint="put it in quotes"
            )
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        if isinstance(value, str) and "number" in names:
            return self._not_a_number(value)
        expected = " or ".join(_TYPES[name] for name in names if name != "null")
        hint = self._entry_hint() or _type_hint(value, names)
        return self._error(f"{self._subject} is {shown(value)}", expected=expected, hint=hint)

    def _not_a_number(self, value: str) -> ConfigError:
        key = str(self._path[-1])
        if _numeric(value):
            hint = f"write `{key}: {value}`, without quotes"
            return self._error(f"{self._subject} is the text {shown(value)}", expected="a number", hint=hint)
        if _LONG.fullmatch(value):
            return self._error(f"{self._subject} is {shown(value)}", expected="a smaller number")
        meant = number_hint(key, value, relative=False)
        expected = None if meant else "a number such as `0.95`"
        return self._error(f"{shown(value)} is not a number", expected=expected, hint=meant)

    def _entry_hint(self) -> str | None:
        """How to write a model, gate, environment or deployment that is not a mapping, or their list."""
        value: Any = self._value
        section, name = str(self._path[0]) if self._path else "", self._path[1:]
        if isinstance(value, list) and not name and value:
            if not section and "waivers" in self._known():
                return "write `version: 1` and `waivers:` above the list, and indent the list"
            if section == "gates":
                return listed_gate(value[0])
            whole = section in {"models", "environments"} and all(isinstance(each, str) for each in value)
            return f"write `{section}: {flow({each: {} for each in value})}`" if whole else None
        if not isinstance(value, str) or len(name) != 1:
            return None
        entries = {"models": {"path": value}, "deploy": {"target": "local", "path": value}}
        if section in entries:
            return f"write `{flow({name[0]: entries[section]})[1:-1]}`"
        return gate_meant(str(name[0]), value) if section == "gates" else None

    def _wrong_choice(self) -> ConfigError:
        value, allowed = self._value, choices(self._wanted)
        if self._later is not None and isinstance(value, str) and value in self._later(self._path):
            return self._error(f"{shown(value)} is not available in this version", expected=allowed)
        hint = near(str(value), self._wanted)
        return self._error(f"{self._subject} cannot be {shown(value)}", expected=allowed, hint=hint)

    def _wrong_constant(self) -> ConfigError:
        hint = "a newer mlgit may read this file" if self._path == ("version",) else None
        message = f"{self._subject} cannot be {shown(self._value)}"
        return self._error(message, expected=f"`{self._wanted}`", hint=hint)

    def _reserved(self) -> ConfigError:
        expected = f"a name other than {choices(self._wanted['enum'])}"
        return self._error(f"{shown(self._value)} is reserved", expected=expected)

    def _wrong_text(self) -> ConfigError:
        value, limit = self._value, self._wanted
        match self._violation.validator:
            case "minItems":
                return self._error(f"The list {self._label} is empty", hint="leave it out, or add to it")
            case "uniqueItems":
                return self._error(f"The list {self._label} has an entry twice", expected="each entry once")
            case "maxLength":
                return self._error(f"{shown(value)} is too long", expected=f"at most {limit} characters")
            case "minLength":
                return self._error(f"{self._subject} is empty")
            case "pattern":
                return self._wrong_pattern(str(value))
            case _:
                return self._error(f"{self._subject}: {self._violation.message}")

    def _wrong_pattern(self, value: str) -> ConfigError:
        title = str(self._schema.get("title", self._label))
        expected = str(self._schema.get("description", "")).rstrip(".")
        message = f"{shown(value)} cannot be the {_lowered(title)}"
        if title.startswith("Limit"):
            # A negative limit is a number, and its sign may be what is wrong.
            limit_hint = None if "-" in value else number_hint(str(self._path[-1]), value, relative=True)
            return self._error(message, expected=None if limit_hint else _lowered(expected), hint=limit_hint)
        if title.startswith("Id of a gate"):
            return self._error(message, expected=_lowered(expected), hint=gate_meant(None, value))
        if title.startswith("Path"):
            up = ".." in value.replace("\\", "/").split("/")
            message = f"The path {shown(value)} {'goes up with `..`' if up else 'is absolute'}"
        return self._error(message, expected=_lowered(expected) or None)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _type_hint(value: object, wanted: Sequence[str]) -> str | None:
    if isinstance(value, str) and "boolean" in wanted and value.lower() in _SWITCHES:
        return f"write `{_SWITCHES[value.lower()]}`"
    plain = value is not None and not isinstance(value, (dict, list))
    if plain and "string" in wanted and "number" not in wanted:
        return f'put it in quotes: `"{value}"`'
    if "array" in wanted and isinstance(value, str):
        return f"write `[{', '.join(value.split())}]`"
    return None


def _numeric(text: str) -> bool:
    """Whether a text would be a number without its quotes."""
    from decimal import Decimal

    from mlgit.yaml12 import scalar

    value = scalar(text, floats_as_decimal=True)
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)
