"""View: a history, its log, and the states that each call can have seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.history.calls import Call, History, Tag
    from tests.support.history.register import Log, Register


@dataclass(frozen=True, slots=True)
class View:
    """A history, its log, and its calls by id."""

    history: History
    log: Log
    calls: dict[str, Call]

    def caller(self, tag: Tag) -> Call | None:
        return self.calls.get(tag.by)

    def tags_of(self, call: Call) -> list[Tag]:
        return list(self.log.by.get(call.id, ()))

    def window(self, register: Register, call: Call) -> range:
        """The states of an environment that a call can have seen, by their number."""
        callers = [self.caller(step.main_tag) for step in register.steps]
        first = max((n for n, each in enumerate(callers, 1) if each and each.over < call.seen), default=0)
        later = (n for n, each in enumerate(callers) if each and each.start > call.over)
        return range(first, min(later, default=len(register.steps)) + 1)

    def surely(self, tag: Tag | None, call: Call) -> bool:
        """Whether the tag was surely there when the call read."""
        caller = None if tag is None else self.caller(tag)
        return caller is not None and caller.over < call.seen

    def maybe(self, tag: Tag | None, call: Call) -> bool:
        """Whether the tag may have been there when the call read."""
        caller = None if tag is None else self.caller(tag)
        return caller is not None and caller.start < call.over
