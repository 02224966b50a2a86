"""Config file: records for the contents of `mlgit.yaml`, version 1.

Only the loader in adapters/config makes them from a file.
Numbers are `Decimal` because gates compare decimal text, not binary floats.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, get_args

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

Direction = Literal["up", "down"]
Severity = Literal["error", "warn", "info"]
When = Literal["check", "promote"]
OnInconclusive = Literal["fail", "warn", "allow"]
Numbers = Literal["pipeline", "committed"]
OnLoosened = Literal["warn", "fail"]
ForeignTags = Literal["refuse", "allow"]
CommentRule = Literal["always", "changed", "blocked"]
"""When CI writes the first comment: `changed` if data, parameters, metrics or a model did, or may have."""
ChangeKind = Literal["max_drop", "max_rise", "min_rise", "min_drop"]
LimitKind = Literal["min", "max", ChangeKind]
"""What each kind means: `KINDS` in core/gates/limits.py."""

CHANGE_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
CONFIG_FILE = "mlgit.yaml"
WAIVERS_FILE = ".mlgit/waivers.yaml"
LOOSENED = "gates_loosened:"  # begins what a waiver names to agree to a finding
RESERVED_ENVIRONMENTS = frozenset({"base", "release", "latest"})


@record
class Model:
    """One entry of `models:`.

    `path` is from the root of the repository; None means that `artifacts:` in dvc.yaml has it. `metrics` are
    globs from the root; None means every metric file if there is one model, otherwise those of the stages
    connected to the model's stage. `line` is its line in mlgit.yaml (1-based) and is not compared.
    """

    name: str
    path: str | None = None
    description: str | None = None
    metrics: tuple[str, ...] | None = None
    line: int | None = field(default=None, compare=False)


@record
class Limit:
    """A limit of change: `amount` in the metric's unit, or in percent of |baseline| when `relative`."""

    amount: Decimal
    relative: bool = False

    def __str__(self) -> str:
        return f"{self.amount}%" if self.relative else str(self.amount)


@record
class FileBaseline:
    """`vs: {file: path}`: a metric file outside the candidate's own."""

    path: str


@record
class Gate:
    """One entry of `gates:`: either absolute (minimum, maximum) or a change (limits, with `vs`).

    `line` is its line in mlgit.yaml (1-based) and is not compared.
    """

    id: str
    metric: str
    models: tuple[str, ...] | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    vs: str | FileBaseline | None = None
    change: Mapping[ChangeKind, Limit] = field(default_factory=dict)
    severity: Severity = "error"
    when: When = "check"
    on_no_baseline: Literal["skip", "fail"] = "skip"
    on_inconclusive: OnInconclusive = "fail"
    line: int | None = field(default=None, compare=False)

    @property
    def absolute(self) -> bool:
        """Whether the gate needs no baseline."""
        return self.vs is None


@record
class Environment:
    """One entry of `environments:`.

    `source` is the key `from`: the environment that a version must have been in. `gates` None means all gates
    except those with `vs: base`. `line` is as in `Model`.
    """

    name: str
    auto: bool = False
    source: str | None = None
    gates: tuple[str, ...] | None = None
    pre: bool = False
    line: int | None = field(default=None, compare=False)


@record
class Deploy:
    """One entry of `deploy:`: the target of an environment.

    `keys` are the other keys of the entry; core/deploy/targets.py makes the target's record from them.
    """

    environment: str
    target: str
    keys: Mapping[str, Any]


@record
class Config:
    """The whole file; without `mlgit.yaml` it is empty, and `declared` is False.

    `numbers`, `on_loosened` and `foreign_tags` are read from trunk; None if the file does not have them.
    `comment` is the key of `ci:`, and is read from trunk, too.
    """

    models: Mapping[str, Model] = field(default_factory=dict)
    directions: Mapping[str, Direction] = field(default_factory=dict)
    gates: Mapping[str, Gate] = field(default_factory=dict)
    environments: Mapping[str, Environment] = field(default_factory=dict)
    deploy: Mapping[str, Deploy] = field(default_factory=dict)
    numbers: Numbers | None = None
    on_loosened: OnLoosened | None = None
    foreign_tags: ForeignTags | None = None
    comment: CommentRule = "always"
    declared: bool = True

    def is_gated(self, model: str | None) -> bool:
        """Whether any gate applies to a model, for whatever purpose."""
        every = (gate.models for gate in self.gates.values())
        return any(models is None or model is None or model in models for models in every)
