"""Row filter: parse and apply a condition such as `--where "auc > 0.9"`: a name, a comparison, a value."""

from __future__ import annotations

import operator
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal

from mlgit.core.compare.changes import same_value
from mlgit.core.record import NamedTuple
from mlgit.errors import Location, UsageError

if TYPE_CHECKING:
    from mlgit.core.pipeline.evidence import Value

Operator = Literal["=", "!=", "<", "<=", ">", ">="]

_OPERATOR = re.compile(r"(<=|>=|!=|==|<|>|=)")
_JOINED = re.compile(r"\s(and|or|&&|\|\|)\s", re.IGNORECASE)
_QUOTES = "\"'`"
_NUMBER = re.compile(r"[+-]?(?:\.?[0-9][0-9.e+-]*|inf(?:inity)?|nan)", re.IGNORECASE)
_WORDS: dict[str, bool] = {"true": True, "false": False}
_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class Condition(NamedTuple):
    """One comparison; `text` is the condition as the user wrote it."""

    name: str
    operator: Operator
    value: Decimal | bool | str
    text: str

    def holds(self, value: Value) -> bool:
        """Whether a row's value meets the condition; a row without the value meets none.

        NaN equals NaN, and a text never equals a number. Values of different kinds and NaN are neither
        larger nor smaller.
        """
        if value is None:
            return False
        if self.operator in {"=", "!="}:
            return same_value(value, self.value) == (self.operator == "=")
        if isinstance(value, Decimal) and isinstance(self.value, Decimal):
            ordered = not (value.is_nan() or self.value.is_nan())
        else:
            ordered = isinstance(value, str) and isinstance(self.value, str)
        return ordered and bool(_ORDERS[self.operator](value, self.value))


def parse_condition(text: str) -> Condition:
    """Parse a condition.

    A value in quotes is always text; without quotes it is a number, `true`, `false` or `nan` if it looks
    like one. A name that contains an operator needs quotes.

    Raises:
        UsageError: it is not a condition; the error marks the position.
    """
    name, start = _name(text)
    found = _OPERATOR.match(text, start)
    if found is None:
        raise _wrong(
            text, start, "There is no comparison in `--where`", "one of `=`, `!=`, `<`, `<=`, `>`, `>=`"
        )
    if not name:
        raise _wrong(
            text,
            found.start(),
            "`--where` does not name a metric or parameter",
            "a name before the comparison",
        )
    end = found.end()
    rest = text[end:]
    written = rest.strip()
    column = end + len(rest) - len(rest.lstrip())
    if not written:
        raise _wrong(
            text, len(text), "`--where` has no value to compare with", "a value after the comparison"
        )
    operator = "=" if found.group() == "==" else found.group()
    return Condition(name, operator, _value(text, written, column), text.strip())  # type: ignore[arg-type]


def _name(text: str) -> tuple[str, int]:
    """The name, and the position of the comparison."""
    begin = len(text) - len(text.lstrip())
    quote = text[begin : begin + 1]
    if quote and quote in _QUOTES:
        end = text.find(quote, begin + 1)
        if end < 0:
            another = f"another `{quote}`" if quote != "`" else "another one"
            raise _wrong(text, begin, "A quote in `--where` is never closed", another)
        after = end + 1
        return text[begin + 1 : end], after + len(text[after:]) - len(text[after:].lstrip())
    found = _OPERATOR.search(text)
    if found is None:
        return text.strip(), len(text)
    return text[: found.start()].strip(), found.start()


def _value(text: str, written: str, column: int) -> Decimal | bool | str:
    quote = written[0]
    if quote in _QUOTES:
        end = written.find(quote, 1)
        if end < 0:
            raise _wrong(text, column, "A quote in `--where` is never closed", "the same quote again")
        if end != len(written) - 1:
            raise _wrong(text, column + end + 1, "There is more text after the value of `--where`", "the end")
        return written[1:-1]
    for found, expected in (
        (_JOINED.search(written), "one comparison; repeat `--where` for another"),
        (_OPERATOR.search(written), "a value; put text in quotes"),
    ):
        if found is not None:
            message, start, width = "`--where` takes one comparison", column + found.start(1), len(found[1])
            raise _wrong(text, start, message, expected, width=width)
    if written.lower() in _WORDS:
        return _WORDS[written.lower()]
    if not _NUMBER.fullmatch(written):  # `1_1` and other alphabets' digits are numbers to Python only
        return written
    try:
        number = Decimal(written)
    except InvalidOperation:
        return written
    return Decimal("NaN") if number.is_nan() else number


def _wrong(text: str, position: int, message: str, expected: str, *, width: int = 1) -> UsageError:
    return UsageError(
        message,
        expected=expected,
        location=Location("--where", line=1, column=position + 1, snippet=text, width=width),
        hint="write it like `--where 'auc > 0.9'`",
    )
