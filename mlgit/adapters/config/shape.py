"""Shape: a document held against its JSON Schema, every violation told in words with its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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
_SHOWN = 60
# What a schema says for editors, and the rules of a file say with better words.
_TOLD_ELSEWHERE = frozenset({"oneOf", "anyOf", "allOf", "if"})


def violations(
    document: Document,
    *,
    schema: str,
    later: Callable[[Sequence[str | int]], Collection[str]] | None = None,
    extend: Callable[[Any], None] | None = None,
) -> list[tuple[ConfigError, tuple[str | int, ...]]]:
    """Every place where the document is not what `schemas/<schema>.schema.json` says, and its path.

    Combinations (`oneOf` and the like) are left to the caller, who can say them better.

    Args:
        document: the file.
        schema: the schema's short name.
        later: the keys that a later version knows at a path.
        extend: adds what plug-ins allow to the schema's tree.
    """
    from jsonschema import Draft202012Validator

    tree = json.loads(schema_text(schema))
    if extend is not None:
        extend(tree)
    validator = Draft202012Validator(tree)
    # One missing key is one violation each, and each of them tells all: told once.
    found: dict[tuple[str, str], tuple[ConfigError, tuple[str | int, ...]]] = {}
    for violation in validator.iter_errors(document.value):
        for error in _Teller(document, violation, later).tell():
            found[error.message, str(error.location)] = (error, tuple(violation.absolute_path))
    return list(found.values())


def choices(words: Iterable[object]) -> str:
    """`a`, `b` or `c`."""
    quoted = [f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def shown(value: object) -> str:
    """A value as a message quotes it, in one short line."""
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


class _Teller:
    """Turns one violation into errors."""

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
        # A key's own rules are violated at the mapping; what is meant is the key.
        self._of_key = "propertyNames" in violation.absolute_schema_path
        if self._of_key:
            self._path = (*self._path, self._value)
        self._schema: Mapping[str, Any] = violation.schema if isinstance(violation.schema, dict) else {}

    def tell(self) -> list[ConfigError]:
        """The errors, none when somebody else tells it."""
        keyword = str(self._violation.validator)
        if keyword in _TOLD_ELSEWHERE:
            return []
        if keyword == "additionalProperties":
            return [self._unknown_key(key) for key in self._value if key not in self._known()]
        if keyword == "required":
            return self._missing()
        special: dict[str, Callable[[], list[ConfigError]]] = {
            "type": self._wrong_type,
            "enum": self._wrong_choice,
            "const": self._wrong_constant,
            "not": self._reserved,
        }
        return special.get(keyword, self._wrong_text)()

    def _error(self, message: str, *, expected: str | None = None, hint: str | None = None) -> ConfigError:
        return self._document.problem(message, self._path, key=self._of_key, expected=expected, hint=hint)

    @property
    def _label(self) -> str:
        """How to call the thing: its key, or the list it stands in."""
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
        if self._later is not None and key in self._later(self._path):
            return self._document.problem(
                f"`{key}` is not available in this version", path, key=True, hint=f"remove `{key}`{where}"
            )
        return self._document.problem(
            f"There is no key {shown(key)}{where}",
            path,
            key=True,
            expected=choices(self._known()),
            hint=near(str(key), self._known()),
        )

    def _missing(self) -> list[ConfigError]:
        found = []
        for key in self._wanted:
            if key in self._value:
                continue
            rule = self._schema.get("properties", {}).get(key, {})
            text = f"`{key}: {rule.get('const', '…')}`"
            found.append(
                self._document.problem(
                    f"{self._subject} has no `{key}`", self._path, key=True, hint=f"add {text}"
                )
            )
        return found

    def _wrong_type(self) -> list[ConfigError]:
        wanted = self._wanted
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        expected = " or ".join(_TYPES[name] for name in names if name != "null")
        value = self._value
        if self._of_key:
            return [
                self._error(f"The key {shown(value)} is no text", expected="text", hint="put it in quotes")
            ]
        return [
            self._error(
                f"{self._subject} is {shown(value)}",
                expected=expected,
                hint=_type_hint(value, names),
            )
        ]

    def _wrong_choice(self) -> list[ConfigError]:
        allowed = self._wanted
        value = self._value
        if self._later is not None and isinstance(value, str) and value in self._later(self._path):
            return [
                self._error(f"{shown(value)} is not available in this version", expected=choices(allowed))
            ]
        return [
            self._error(
                f"{self._subject} cannot be {shown(value)}",
                expected=choices(allowed),
                hint=near(str(value), allowed),
            )
        ]

    def _wrong_constant(self) -> list[ConfigError]:
        wanted = self._wanted
        return [
            self._error(
                f"{self._subject} cannot be {shown(self._value)}",
                expected=f"`{wanted}`",
                hint="a newer mlgit may read this file" if self._path == ("version",) else None,
            )
        ]

    def _reserved(self) -> list[ConfigError]:
        if "enum" not in self._wanted:
            return []
        return [
            self._error(
                f"{shown(self._value)} is reserved",
                expected=f"a name other than {choices(self._wanted['enum'])}",
            )
        ]

    def _wrong_text(self) -> list[ConfigError]:
        value = self._value
        keyword = self._violation.validator
        limit = self._wanted
        if keyword == "minItems":
            return [self._error(f"The list {self._label} is empty", hint="leave it out, or add to it")]
        if keyword == "uniqueItems":
            return [self._error(f"The list {self._label} has an entry twice", expected="each entry once")]
        if keyword == "maxLength":
            return [self._error(f"{shown(value)} is too long", expected=f"at most {limit} characters")]
        if keyword == "minLength":
            return [self._error(f"{self._subject} is empty")]
        if keyword == "pattern":
            return [self._wrong_pattern(str(value))]
        return [self._error(f"{self._subject}: {self._violation.message}")]

    def _wrong_pattern(self, value: str) -> ConfigError:
        title = str(self._schema.get("title", self._label))
        expected = str(self._schema.get("description", "")).rstrip(".")
        message = f"{shown(value)} cannot be the {_lowered(title)}"
        if title.startswith("Path"):
            leaves = ".." in value.replace("\\", "/").split("/")
            message = f"The path {shown(value)} {'leaves the repository' if leaves else 'is absolute'}"
        return self._error(message, expected=_lowered(expected) or None)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _type_hint(value: object, wanted: Sequence[str]) -> str | None:
    if isinstance(value, str) and "boolean" in wanted and value.lower() in {"yes", "no", "on", "off"}:
        return "YAML 1.2 has only `true` and `false`"
    if isinstance(value, str) and "number" in wanted:
        return "write it without quotes" if _numeric(value) else None
    if (
        "string" in wanted
        and "number" not in wanted
        and not isinstance(value, (dict, list))
        and value is not None
    ):
        return f'put it in quotes: `"{value}"`'
    if "array" in wanted and isinstance(value, str):
        return f"write `[{', '.join(value.split())}]`"
    return None


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
