"""The machine: random edits of a pull request with a worse model, and the rule for every verdict."""

from __future__ import annotations

import atexit
import functools
import json
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from mlgit.core.gates.headline import FINDINGS
from mlgit.errors import Exit
from tests.attack.edits_documents import DOCUMENT_EDITS
from tests.attack.edits_git import GIT_EDITS
from tests.attack.edits_results import RESULT_EDITS
from tests.attack.plans import PLANS
from tests.attack.plans_measured import MEASURED_PLANS
from tests.attack.plans_pipeline import PIPELINE_PLANS
from tests.attack.plans_rules import RULE_PLANS
from tests.attack.world import GATES, Template, World
from tests.differential.bench import Picker

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Done

_NUMBERS = st.lists(st.integers(0, 999), min_size=12, max_size=12)
_OF_MEASURING = ("data_changed", "params_changed")
_NO_VERDICT = {Exit.CONFIG, Exit.STATE, Exit.TOOL}


class FooledError(AssertionError):
    """A worse model passes, and the verdict does not say why."""


class Tally:
    """The steps of all examples of this process, and the fooled verdicts if it keeps going."""

    def __init__(self) -> None:
        self.examples = 0
        self.steps = 0
        self.edits: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.fooled: list[str] = []
        self.keep_going = False


TALLY = Tally()


@functools.cache
def template(gate: str) -> Template:
    """The world with this gate, built once in this process."""
    return Template(_folder() / gate, gate)


@functools.cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="attack-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def judged(done: Done, *, improved: Callable[[], bool], measured_otherwise: bool = False) -> str:
    """What kind of answer this is; a note is enough if other data or parameters of the number are the cause.

    Raises:
        FooledError: the check passes, no finding says why, and the stages really give a worse model.
    """
    if done.status == Exit.BLOCKED:
        return "blocked"
    if done.status in _NO_VERDICT and done.err.strip():
        return "no verdict"
    if done.status != Exit.DONE:
        raise FooledError(f"exit code {done.status}\n{done.err}")
    verdict = json.loads(done.out)["verdict"]
    enough = _OF_MEASURING if measured_otherwise else ()
    shown = {note["code"] for note in verdict["notes"] if note["effect"] != "note" or note["code"] in enough}
    if found := [code for code in FINDINGS if code in shown]:
        return f"allowed with {found[0]}"
    if not improved():
        raise FooledError("a worse model passes and no finding says why")
    return "allowed: the model is better"


class AttackMachine(RuleBasedStateMachine):
    """Edits in any order; after each, the verdict is judged."""

    def __init__(self) -> None:
        super().__init__()
        self._world: World | None = None
        self._log: list[str] = []
        self._start: Callable[[], World]
        TALLY.examples += 1

    @initialize(gate=st.sampled_from(sorted(GATES)), in_ci=st.booleans())
    def start(self, gate: str, in_ci: bool) -> None:  # noqa: FBT001 (Hypothesis draws it)
        self._start = lambda: World(template(gate), in_ci=in_ci)
        self._log = [f"a gate against {gate}{', in CI' if in_ci else ''}"]
        self._world = self._start()

    @rule(numbers=_NUMBERS)
    def edit_a_document(self, numbers: list[int]) -> None:
        self._step(DOCUMENT_EDITS, numbers)

    @rule(numbers=_NUMBERS)
    def follow_a_plan(self, numbers: list[int]) -> None:
        self._step(PLANS, numbers)

    @rule(numbers=_NUMBERS)
    def follow_a_plan_for_the_pipeline(self, numbers: list[int]) -> None:
        self._step(PIPELINE_PLANS, numbers)

    @rule(numbers=_NUMBERS)
    def follow_a_plan_for_what_is_measured(self, numbers: list[int]) -> None:
        self._step(MEASURED_PLANS, numbers)

    @rule(numbers=_NUMBERS)
    def follow_a_plan_for_the_rules(self, numbers: list[int]) -> None:
        self._step(RULE_PLANS, numbers)

    @rule(numbers=_NUMBERS)
    def edit_results(self, numbers: list[int]) -> None:
        self._step(RESULT_EDITS, numbers)

    @rule(numbers=_NUMBERS)
    def use_git(self, numbers: list[int]) -> None:
        self._step(GIT_EDITS, numbers)

    def _step(self, edits: tuple[Callable[[World, Picker], str], ...], numbers: list[int]) -> None:
        assert self._world is not None
        pick = Picker(numbers)
        edit = pick.of(edits)
        before = self._world.documents()
        done = edit(self._world, pick)
        if not done:
            self._world.return_to_the_branch()
            return
        TALLY.steps += 1
        TALLY.edits[edit.__name__] += 1
        self._log.append(done)
        try:
            answer = judged(
                self._world.check(),
                improved=self._world.improved,
                measured_otherwise=self._world.measured_otherwise,
            )
        except FooledError as error:
            if self._world.lock_forged_whole():
                TALLY.answers["allowed: dvc.lock is forged as a whole, which only a run can find"] += 1
            else:
                self._fooled(str(error))
        else:
            TALLY.answers[answer] += 1
            if answer == "no verdict":
                self._world.put_back(before)
                self._log.append("(put the documents back)")

    def _fooled(self, why: str) -> None:
        text = "\n".join([why, "", "after:", *self._log])
        if not TALLY.keep_going:
            raise FooledError(text)
        TALLY.fooled.append(text)
        TALLY.answers["FOOLED"] += 1
        print(f"\n=== {text}", flush=True)
        assert self._world is not None
        self._world.close()
        self._world = self._start()
        del self._log[1:]

    def teardown(self) -> None:
        if self._world is not None:
            self._world.close()
