"""Rules: check mlgit.yaml for what a JSON Schema cannot express, such as names that must exist."""

from __future__ import annotations

import posixpath
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlgit.adapters.config.meant import gate_meant
from mlgit.adapters.config.shape import choices, shown
from mlgit.core.config.names import read_model_name
from mlgit.core.gates.limits import KINDS
from mlgit.core.wording import near

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.adapters.config.frames import Document
    from mlgit.core.config.file import LimitKind
    from mlgit.errors import ConfigError

Path = tuple[str | int, ...]
Section = dict[str, dict[str, Any]]
"""A section of the file: name -> entry, an empty entry as `{}`."""

LIMITS: tuple[LimitKind, ...] = tuple(KINDS)
CHANGES = tuple(kind for kind in LIMITS if KINDS[kind].measure != "value")
_ABSOLUTE = tuple(kind for kind in LIMITS if KINDS[kind].measure == "value")
# (lower, upper) limits of the same measure.
_RANGES = tuple(
    (low, high)
    for low in LIMITS
    for high in LIMITS
    if KINDS[low].measure == KINDS[high].measure and (KINDS[low].side, KINDS[high].side) == ("least", "most")
)
_MAX_DIGITS = 50
_MAX_EXPONENT = 300
_UNUSABLE = re.compile(r"[\x00-\x1f\x7f]")
# What `git check-ref-format` forbids, less what revisions use (`HEAD~2`, `v1^`, `a@{1}`).
_NO_REVISION = re.compile(r"^-|[\x00-\x20\x7f*?\[\\]|\.\.|^[~^:]")

# Keys that a later version of mlgit will know, by section.
_LATER_AT_TOP = frozenset({"data", "monitor", "retrain", "engine", "governance", "serve"})
_LATER = {
    "models": frozenset({"predictions"}),
    "gates": frozenset(
        {"claim", "margin", "confidence", "correction", "slice", "seeds"}
        | {"group", "gap", "min_rows", "suite", "prove", "unit"}
    ),
    "environments": frozenset({"approvals", "soak", "by", "signed", "rollback"}),
    "deploy": frozenset({"health", "strategy", "on_fail", "serve", "host"}),
}
_LATER_TARGETS = frozenset({"ssh", "kserve", "docker", "ray", "mlserver"})


def later_keys(path: Sequence[str | int]) -> frozenset[str]:
    """The planned keys (or words) at a path; they are refused as not available, not as unknown."""
    if not path:
        return _LATER_AT_TOP
    if path[0] == "deploy" and path[-1] == "target":
        return _LATER_TARGETS
    return _LATER.get(str(path[0]), frozenset()) if len(path) == 2 else frozenset()  # noqa: PLR2004 (part, name)


def section(document: Document, name: str) -> Section:
    """A section of the file; entries that are not mappings are left out."""
    top = document.value if isinstance(document.value, dict) else {}
    entries = top.get(name)
    if not isinstance(entries, dict):
        return {}
    return {
        key: entry or {}
        for key, entry in entries.items()
        if isinstance(key, str) and (entry is None or isinstance(entry, dict))
    }


def number_problem(number: Decimal, value: object, noun: str) -> tuple[str, str] | None:
    """Why a number cannot be a limit or a floor, and what was expected; None if it can."""
    if not number.is_finite():
        return f"{shown(value)} cannot be a {noun}", "a finite number"
    if len(number.as_tuple().digits) > _MAX_DIGITS or abs(number.adjusted()) > _MAX_EXPONENT:
        return f"{shown(value)} is out of range", f"at most {_MAX_DIGITS} digits"
    return None


def unusable(text: str) -> bool:
    """Whether a text has a character that no screen shows."""
    return _UNUSABLE.search(text) is not None


class Findings:
    """The problems that rules find in one document; rules skip the values at `broken` paths."""

    def __init__(self, document: Document, broken: Iterable[Path]) -> None:
        self._document = document
        self._broken = frozenset(broken)
        self._found: list[ConfigError] = []

    def _say(self, message: str, path: Path, **more: Any) -> None:  # noqa: ANN401 (passed on)
        self._found.append(self._document.problem(message, path, **more))

    def _whole(self, path: Path) -> bool:
        """Whether nothing at or below a path has the wrong shape."""
        return not any(broken[: len(path)] == path for broken in self._broken)

    def _unknown(
        self,
        kind: str,
        name: str,
        path: Path,
        known: Iterable[str],
        *,
        key: bool = False,
        hint: str | None = None,
    ) -> None:
        names = sorted(known)
        self._say(
            f"There is no {kind} {shown(name)} under `{kind}s:`",
            path,
            key=key,
            expected=choices(names) if names else None,
            hint=near(name, names) or hint or f"declare it under `{kind}s:`",
        )


class Rules(Findings):
    """Checks models, gates and environments of one document."""

    def __init__(self, document: Document, broken: Iterable[Path]) -> None:
        super().__init__(document, broken)
        self._models = section(document, "models")
        self._gates = section(document, "gates")
        self._environments = section(document, "environments")

    def check(self) -> list[ConfigError]:
        """Every problem found."""
        self._check_texts((), self._document.value)
        self._check_models()
        for name, gate in self._gates.items():
            self._check_gate(("gates", name), gate)
        self._check_environments()
        return self._found

    def _check_texts(self, path: Path, value: object) -> None:
        """Refuse control characters in any text, because paths, names and messages contain these texts."""
        if isinstance(value, dict):
            for key, item in value.items():
                if isinstance(key, str) and unusable(key):
                    self._say(f"The key {shown(key)} has a control character", (*path, key), key=True)
                self._check_texts((*path, key), item)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                self._check_texts((*path, number), item)
        elif isinstance(value, str):
            # A description may be a paragraph.
            text = re.sub(r"[\n\t]", "", value) if path[-1:] == ("description",) else value
            if unusable(text):
                self._say(f"{shown(value)} has a control character", path, expected="one line of text")

    def _check_models(self) -> None:
        owners: dict[str, str] = {}
        for name, model in self._models.items():
            if read_model_name(name) is None and self._whole(("models", name)):
                self._say(f"{shown(name)} cannot be the name of a model", ("models", name), key=True)
            path = model.get("path")
            if not isinstance(path, str) or not self._whole(("models", name, "path")):
                continue
            normal = posixpath.normpath(path)
            if normal == ".":
                self._say(f"`{path}` is the whole repository", ("models", name, "path"))
            elif normal in owners:
                message = f"The models `{owners[normal]}` and `{name}` have the same path"
                hint = "give each model a file or folder of its own"
                self._say(message, ("models", name, "path"), hint=hint)
            owners.setdefault(normal, name)

    def _check_gate(self, path: Path, gate: Mapping[str, Any]) -> None:
        if self._whole(path):
            self._check_form(path, gate)
            self._check_baseline(path, gate)
        for key in LIMITS:
            if key in gate and self._whole((*path, key)):
                self._check_number((*path, key), gate[key])
        if self._whole(path):
            self._check_order(path, gate)
        self._check_gate_models(path, gate)

    def _check_form(self, path: Path, gate: Mapping[str, Any]) -> None:
        name = path[-1]
        absolute = [key for key in _ABSOLUTE if key in gate]
        change = [key for key in CHANGES if key in gate]
        if absolute and change:
            message = f"`{name}` has both {choices(absolute[:1])} and {choices(change[:1])}"
            expected = "an absolute gate (`min`, `max`) or a change (`vs` with a limit), not both"
            self._say(message, path, key=True, expected=expected, hint="write two gates")
        elif absolute and "vs" in gate:
            expected = f"{choices(CHANGES)} with `vs`, or `min` and `max` without it"
            self._say(f"`{name}` has `vs` and no limit of change", (*path, "vs"), key=True, expected=expected)
        elif absolute and "on_no_baseline" in gate:
            where = (*path, "on_no_baseline")
            self._say(f"`{name}` does not need a baseline", where, key=True, hint="remove `on_no_baseline`")
        elif change and "vs" not in gate:
            message = f"`{name}` has {choices(change[:1])} and no `vs`"
            expected = "what to compare with: `vs: base`, `vs: prod`, `vs: release` or a revision"
            self._say(message, (*path, change[0]), key=True, expected=expected, hint="add `vs: base`")
        elif not absolute and not change:
            wanted = CHANGES if "vs" in gate else LIMITS
            others = {key: value for key, value in gate.items() if key != "metric"}
            meant = None if "vs" in gate else gate_meant(str(name), gate.get("metric"), others)
            if meant is not None:
                self._say(f"{shown(gate['metric'])} is not a metric", (*path, "metric"), hint=meant)
                return
            hint = f"add `{wanted[0]}: …`"
            self._say(f"`{name}` has no limit", path, key=True, expected=choices(wanted), hint=hint)

    def _check_number(self, path: Path, value: object) -> None:
        number = Decimal(value.removesuffix("%")) if isinstance(value, str) else Decimal(str(value))
        problem = number_problem(number, value, "limit")
        if problem is not None:
            self._say(problem[0], path, expected=problem[1])
        elif path[-1] in CHANGES and number < 0:
            opposite = next(row.opposite for kind, row in KINDS.items() if kind == path[-1])
            hint = f"write `{opposite}: {-number}` if that is what you mean"
            self._say(f"`{path[-1]}` cannot be negative", path, expected="0 or more", hint=hint)

    def _check_order(self, path: Path, gate: Mapping[str, Any]) -> None:
        for low, high in _RANGES:
            least, most = gate.get(low), gate.get(high)
            if least is None or most is None or isinstance(least, str) != isinstance(most, str):
                continue
            numbers = [Decimal(str(limit).removesuffix("%")) for limit in (least, most)]
            if all(number.is_finite() for number in numbers) and numbers[0] > numbers[1]:
                message = f"`{low}` is greater than `{high}`, so nothing can pass"
                self._say(message, (*path, low), expected=f"at most {most}")
        if "min_rise" in gate and "min_drop" in gate:
            self._say(
                "A value cannot both rise and fall", (*path, "min_drop"), key=True, hint="write two gates"
            )

    def _check_baseline(self, path: Path, gate: Mapping[str, Any]) -> None:
        vs = gate.get("vs")
        if vs == "latest":
            expected = "`release` for the newest release, `base`, an environment or a revision"
            self._say(
                "`latest` is not a baseline", (*path, "vs"), expected=expected, hint="write `vs: release`"
            )
        elif isinstance(vs, str) and vs not in self._environments and _NO_REVISION.search(vs):
            expected = "`base`, `release`, an environment, a revision, or `{file: path}`"
            hint = near(vs, ("base", "release", *self._environments))
            self._say(f"{shown(vs)} is not a baseline", (*path, "vs"), expected=expected, hint=hint)

    def _check_gate_models(self, path: Path, gate: Mapping[str, Any]) -> None:
        if "model" in gate and "models" in gate:
            message = f"`{path[-1]}` has both `model` and `models`"
            self._say(message, (*path, "model"), key=True, hint="keep `models`")
        named: list[tuple[Path, object]] = [((*path, "model"), gate.get("model"))]
        if isinstance(gate.get("models"), list):
            named += [((*path, "models", number), name) for number, name in enumerate(gate["models"])]
        for where, name in named:
            if isinstance(name, str) and name not in self._models and self._whole(where):
                self._unknown("model", name, where, self._models)

    def _check_environments(self) -> None:
        sources: dict[str, str] = {}
        for name, environment in self._environments.items():
            path: Path = ("environments", name)
            source = environment.get("from")
            if isinstance(source, str) and self._whole((*path, "from")):
                if source not in self._environments:
                    self._unknown("environment", source, (*path, "from"), self._environments)
                sources[name] = source
            gates = environment.get("gates")
            for number, gate in enumerate(gates if isinstance(gates, list) else ()):
                if isinstance(gate, str) and gate not in self._gates:
                    self._unknown("gate", gate, (*path, "gates", number), self._gates)
        self._check_circles(sources)

    def _check_circles(self, sources: Mapping[str, str]) -> None:
        reported: set[str] = set()
        for start in sources:
            walked = [start]
            while (following := sources.get(walked[-1])) is not None and following not in walked:
                walked.append(following)
            if following == start and not reported & set(walked):
                reported |= set(walked)
                circle = " → ".join(f"`{name}`" for name in (*walked, start))
                self._say(f"`from` forms a circle: {circle}", ("environments", start, "from"))
