"""Scenario: a history made by hand for tests of the checker: calls, tags and answers."""

from __future__ import annotations

from hashlib import sha1
from typing import Any

from tests.support.history.calls import Call, CloneEnd, History, Tag
from tests.support.history.register import sort_out

SOURCES = {"prod": "staging"}


class Scenario:
    """A history that is legal unless a call or a tag says otherwise."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.tags: list[Tag] = []
        self.trunk: dict[str, str] = {"c0": "Ada"}

    @property
    def history(self) -> History:
        """The input of the checker, with a clone that has all tags."""
        history = History(
            calls=tuple(self.calls),
            tags=tuple(self.tags),
            trunk=self.trunk,
            sources=SOURCES,
            takes_pre=frozenset({"dev"}),
        )
        answer = {"models": [self._model(history)]}
        clone = CloneEnd(tags={tag.name: tag.oid for tag in self.tags}, answer=answer)
        return History(
            calls=history.calls,
            tags=history.tags,
            trunk=history.trunk,
            sources=SOURCES,
            takes_pre=history.takes_pre,
            clones={"clone": clone},
        )

    def release(self, version: str, commit: str, at: float, **more: Any) -> str:  # noqa: ANN401
        self.trunk[commit] = f"r{version}"
        tag = _tag(f"m@{version}", commit, f"r{version}", version=version)
        return self._changed(f"r{version}", "release", [tag], at, reported=version, **more)

    def reject(self, version: str, at: float, **more: Any) -> str:  # noqa: ANN401
        commit = next(tag.commit for tag in self.tags if tag.name == f"m@{version}")
        return self._changed(
            f"d{version}",
            "deregister",
            [_tag(f"m@{version}!", commit, f"d{version}")],
            at,
            reported=version,
            **{"version": version, **more},
        )

    def move(
        self,
        verb: str,
        environment: str,
        version: str | None,
        at: float,
        *,
        named: bool = True,
        **more: Any,  # noqa: ANN401
    ) -> str:
        """A promotion, rollback or unassignment; `named`: the caller of a promotion names the version."""
        register = sort_out(self.history_now).register(environment)
        counter, held = len(register.steps) + 1, register.states[-1]
        name = f"{verb[0]}-{environment}-{counter}"
        written = []
        if held.commit is not None:
            written.append(
                _tag(f"m#{environment}!#{counter}", held.commit, name, action=verb, version=version)
            )
        if version is not None:
            commit = next(tag.commit for tag in self.tags if tag.name == f"m@{version}")
            written.append(_tag(f"m#{environment}#{counter}", commit, name, action=verb, version=version))
        reported = held.version if verb == "unassign" else version
        more = {"environment": environment, "before": held.version, "reported": reported} | more
        if verb == "promote" and named:
            more = {"version": version} | more
        return self._changed(name, verb, written, at, **more)

    def call(
        self,
        name: str,
        verb: str,
        at: float,
        *,
        status: int | None = 0,
        answer: dict[str, Any] | None = None,
        start: float | None = None,
        end: float | None = None,
        seen: float | None = None,
        **asked: Any,  # noqa: ANN401
    ) -> str:
        start = at if start is None else start
        self.calls.append(
            Call(
                id=name,
                clone="clone",
                verb=verb,
                start=start,
                end=at + 1 if end is None else end,
                seen=start if seen is None else seen,
                status=status,
                answer=answer or {},
                **asked,
            )
        )
        return name

    def read(self, name: str, at: float, **more: Any) -> str:  # noqa: ANN401
        """`mlgit history --fetch` with all current events."""
        return self.call(name, "history", at, answer={"events": self.events()}, **more)

    def look(self, name: str, environment: str, at: float, **more: Any) -> str:  # noqa: ANN401
        """`mlgit show m#ENV --fetch`."""
        state = sort_out(self.history_now).register(environment).states[-1]
        entry = {
            "environment": environment,
            "version": state.version,
            "author": state.by,
            "held": state.held,
        }
        return self.call(name, "show", at, answer={"environment": entry}, environment=environment, **more)

    def events(self) -> list[dict[str, str | None]]:
        log = sort_out(self.history_now)
        found: list[dict[str, str | None]] = [
            {"environment": None, "tag": tag.name} for tag in (*log.released.values(), *log.rejected.values())
        ]
        for name, register in log.registers.items():
            found += [{"environment": name, "tag": step.main_tag.name} for step in register.steps]
        return found

    @property
    def history_now(self) -> History:
        return History(calls=(), tags=tuple(self.tags))

    def _changed(
        self,
        name: str,
        verb: str,
        written: list[Tag],
        at: float,
        *,
        status: int | None = 0,
        before: str | None = None,
        reported: str | None = None,
        notes: tuple[str, ...] = (),
        **more: Any,  # noqa: ANN401
    ) -> str:
        self.tags += written
        tags = [{"name": tag.name, "oid": tag.oid, "commit": tag.commit} for tag in written]
        answer = {"pushed": True, "already": False, "tags": tags, "version": reported, "before": before}
        answer["notes"] = notes
        return self.call(name, verb, at, status=status, answer={} if status is None else answer, **more)

    def _model(self, history: History) -> dict[str, Any]:
        log = sort_out(history)
        entries = []
        for name, register in log.registers.items():
            last = register.states[-1]
            entries.append(
                {"environment": name, "version": last.version, "author": last.by, "held": last.held}
            )
        return {"versions": len(log.released) - len(log.rejected), "environments": entries}


def _tag(name: str, commit: str, by: str, *, action: str | None = None, version: str | None = None) -> Tag:
    oid = sha1(f"{name} {by}".encode(), usedforsecurity=False).hexdigest()
    return Tag(name=name, oid=oid, commit=commit, by=by, action=action, version=version)
