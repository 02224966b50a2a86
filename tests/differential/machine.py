"""The machine: rules that edit one repository, and the comparison after every step."""

from __future__ import annotations

import atexit
import functools
import inspect
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.differential import repository
from tests.differential.answers import differences, mlgit_answer
from tests.differential.attacks import ATTACKS
from tests.differential.bench import Bench, Picker
from tests.differential.breakages import break_a_document
from tests.differential.edits_commands import COMMANDS
from tests.differential.edits_documents import DOCUMENT_EDITS
from tests.differential.edits_files import FILE_EDITS
from tests.differential.explained import explain
from tests.differential.oracle import dvc_answer, same_on_the_command_line
from tests.differential.values import compare_values

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBERS = st.lists(st.integers(0, 999), min_size=4, max_size=4)
_OLD_ENOUGH_S = 2.1


class DisagreementError(AssertionError):
    """mlgit and DVC differ, and docs/disagreements.md has no reason."""


class Tally:
    """The steps of all examples of this process."""

    def __init__(self) -> None:
        self.examples = 0
        self.steps = 0
        self.rules: Counter[str] = Counter()
        self.explained: Counter[str] = Counter()
        self.complaints: Counter[str] = Counter()
        self.disagreements: list[tuple[str, list[str], list[str]]] = []
        self.keep_going = False


TALLY = Tally()


@functools.cache
def template(kind: str) -> Path:
    """The repository to copy, built once in this process."""
    folder = Path(tempfile.mkdtemp(prefix="machine-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    repository.build(folder / "work", kind=kind)
    return folder / "work"


_READY: dict[str, list[tuple[float, Bench]]] = {kind: [] for kind in repository.KINDS}


@atexit.register
def _clear() -> None:
    for waiting in _READY.values():
        for _, bench in waiting:
            bench.close()


def _fresh(kind: str) -> Bench:
    """A copy whose files are older than the clock tick in which no time can be trusted.

    The next one is made ahead, so that it ages while this one is worked on.
    """
    waiting = _READY[kind]
    if not waiting:
        waiting.append((time.monotonic(), Bench(template(kind))))
    made, bench = waiting.pop()
    time.sleep(max(0.0, made + _OLD_ENOUGH_S - time.monotonic()))
    waiting.append((time.monotonic(), Bench(template(kind))))
    return bench


class DvcMachine(RuleBasedStateMachine):
    """Edits, commands and attacks in any order; mlgit must agree with DVC after each."""

    def __init__(self) -> None:
        super().__init__()
        self._bench: Bench | None = None
        self._log: list[str] = []
        self._shown: set[str] = set()
        TALLY.examples += 1

    @initialize(number=st.integers(0, 4))
    def start(self, number: int) -> None:
        kind = {3: "templated", 4: "nested"}.get(number, "plain")
        self._bench = _fresh(kind)
        self._log.append(f"start ({kind})")
        self._compare()

    @property
    def bench(self) -> Bench:
        assert self._bench is not None
        return self._bench

    def step(self, edit: Callable[[Bench, Picker], str], numbers: list[int]) -> None:
        done = edit(self.bench, Picker(numbers))
        if not done:
            return
        TALLY.steps += 1
        TALLY.rules[edit.__name__] += 1
        self._log.append(done.replace(str(self.bench.folder.path) + os.sep, ""))
        self._compare()

    @rule(numbers=_NUMBERS)
    def break_a_document(self, numbers: list[int]) -> None:
        done = break_a_document(self.bench, Picker(numbers))
        if done is None:
            return
        TALLY.steps += 1
        TALLY.rules["break_a_document"] += 1
        what, name, before = done
        self._log.append(what)
        self._compare(restart=False)
        self.bench.path(name).write_bytes(before)
        self._log.append(f"repair {name}")

    @rule(numbers=_NUMBERS)
    def compare_diffs(self, numbers: list[int]) -> None:
        """Compare `mlgit diff` with `dvc metrics diff` or `dvc params diff`."""
        part = Picker(numbers).of(("metrics", "params"))
        TALLY.rules[f"compare_{part}"] += 1
        self._log.append(f"compare {part} with HEAD")
        lines = compare_values(self.bench.folder, part, TALLY.explained)
        if new := [line for line in lines if line not in self._shown]:
            self._disagree(new)

    @rule(numbers=_NUMBERS)
    def compare_command_line(self, numbers: list[int]) -> None:
        """Check that the functions called after every step agree with DVC's command line."""
        if numbers[0] % 2:  # without numbers Hypothesis would choose it for every third step
            return
        TALLY.rules["compare_command_line"] += 1
        self._log.append("ask DVC on the command line")
        lines = same_on_the_command_line(self.bench.folder)
        if lines:
            self._disagree(lines)

    def _compare(self, *, restart: bool = True) -> None:
        assert self._bench is not None
        try:
            ours = mlgit_answer(self.bench.folder)
        except AssertionError as crash:
            self._disagree([str(crash)])
            return
        theirs = dvc_answer(self.bench.folder)
        if theirs.reasons is None and ours.complaint is None:
            findings = self.bench.folder.here("doctor", "--json").json()["findings"]
            ours = replace(ours, refused_by_dvc="refused_by_dvc" in {each["id"] for each in findings})
        left = []
        for difference in differences(theirs, ours):
            name = explain(difference, theirs, ours)
            if name:
                TALLY.explained[name] += 1
            elif str(difference) not in self._shown:
                left.append(str(difference))
        if left:
            self._disagree(left)
        if theirs.complaint is not None:
            TALLY.complaints[re.sub(r"'/\S*|b'.*", "'…'", theirs.complaint)] += 1
            if theirs.reasons is None and restart:
                self._bench.close()
                self._bench = _fresh("plain")
                self._log.append(f"start anew, because DVC refuses: {theirs.complaint}")

    def _disagree(self, lines: list[str]) -> None:
        if not TALLY.keep_going:
            raise DisagreementError("\n".join([*lines, "", "after:", *self._log]))
        TALLY.disagreements.append((self._log[-1], lines, list(self._log)))
        print(
            "\n".join(
                [
                    "",
                    f"=== {self._log[-1]}",
                    *(f"  ! {line}" for line in lines),
                    *(f"    {one}" for one in self._log),
                ]
            ),
            flush=True,
        )
        self._shown.update(lines)

    def teardown(self) -> None:
        if self._bench is not None:
            self._bench.close()


def _as_rule(edit: Callable[[Bench, Picker], str]) -> Any:  # noqa: ANN401 (Hypothesis's own wrapper)
    def run(self: DvcMachine, numbers: list[int]) -> None:
        self.step(edit, numbers)

    run.__name__ = edit.__name__
    run.__doc__ = inspect.getdoc(edit)
    return rule(numbers=_NUMBERS)(run)


for _edit in (*FILE_EDITS, *DOCUMENT_EDITS, *COMMANDS, *ATTACKS):
    setattr(DvcMachine, _edit.__name__, _as_rule(_edit))
