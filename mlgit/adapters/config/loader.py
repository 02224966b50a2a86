"""Loader: turn the text of mlgit.yaml into a Config, or report every problem in it with its place."""

from __future__ import annotations

import posixpath
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mlgit.core.config.file import CHANGE_KINDS, Config, Deploy, Environment, FileBaseline, Gate, Limit, Model
from mlgit.errors import ConfigError, Location

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgit.adapters.config.frames import Document

MAX_BYTES = 1 << 20

Tree = dict[str, Any]
"""A valid file as JSON: numbers of gates as text; each model, gate and environment has its `line`."""


def load(content: bytes | None, *, name: str, cache_dir: str | None) -> Config:
    """Read a `mlgit.yaml`; its content is None if there is no such file.

    `name` is its name in errors: `mlgit.yaml`, or `1a2b3c4:mlgit.yaml` at a commit. `cache_dir` is the folder
    for caching valid contents; None caches nothing.

    Raises:
        ConfigError: the first problem, with all of them in `problems`.
    """
    if content is None:
        return Config(declared=False)
    if len(content) > MAX_BYTES:
        raise ConfigError(f"`{name}` is larger than 1 MiB", location=Location(name))
    from mlgit.adapters.config.cache import Cache

    cache = Cache(cache_dir, content)
    cached = cache.read()
    if cached is not None:
        with suppress(KeyError, TypeError, ValueError, AttributeError, ArithmeticError):  # a damaged cache
            return _config(cached)
    tree = _checked(content, name)
    if _only_own_targets(tree):
        cache.write(tree)
    return _config(tree)


def _checked(content: bytes, name: str) -> Tree:
    from mlgit.adapters.config.deploy_rules import (
        DeployRules,
        allow_plugins,
        explain_unknown_targets,
        named_targets,
    )
    from mlgit.adapters.config.frames import Document
    from mlgit.adapters.config.rules import Rules, later_keys
    from mlgit.adapters.config.shape import place, violations

    document = Document(content, name=name)
    targets = named_targets(document)
    wrong = violations(
        document,
        schema="mlgit",
        later=later_keys,
        extend=lambda schema: allow_plugins(document, targets, schema),
    )
    problems = explain_unknown_targets(document, targets, wrong)
    broken = [path for _, path in wrong]
    problems += Rules(document, broken).check()
    problems += DeployRules(document, broken, targets).check()
    unique = {(problem.message, str(problem.location)): problem for problem in problems}
    if unique:
        raise combined(sorted(unique.values(), key=place))
    return _tree(document)


def _only_own_targets(tree: Tree) -> bool:
    """Whether no target is a plug-in's, which may be updated or uninstalled while the file stays the same."""
    from mlgit.core.deploy.targets import TARGETS

    return all(entry["target"] in TARGETS for entry in (tree.get("deploy") or {}).values())


def combined(problems: Sequence[ConfigError]) -> ConfigError:
    """The first error, with all of them in its `problems`."""
    first = problems[0]
    first.problems = tuple(problems)
    return first


def _tree(document: Document) -> Tree:
    """The valid document as JSON; decimals keep their digits as text."""
    from decimal import Decimal

    def text(value: object) -> object:
        if isinstance(value, dict):
            return {key: text(item) for key, item in value.items()}
        if isinstance(value, list):
            return [text(item) for item in value]
        return str(value) if isinstance(value, Decimal) else value

    whole = text(document.value)
    tree: Tree = whole if isinstance(whole, dict) else {}
    for section in ("models", "gates", "environments"):
        for name, entry in (tree.get(section) or {}).items():
            tree[section][name] = {**(entry or {}), "line": document.line((section, name))}
    return tree


def _config(tree: Tree) -> Config:
    return Config(
        models={name: _model(name, entry) for name, entry in (tree.get("models") or {}).items()},
        directions=tree.get("directions") or {},
        gates={name: _gate(name, entry) for name, entry in (tree.get("gates") or {}).items()},
        environments={
            name: _environment(name, entry) for name, entry in (tree.get("environments") or {}).items()
        },
        deploy={name: _deploy(name, entry) for name, entry in (tree.get("deploy") or {}).items()},
        numbers=tree.get("numbers"),
        on_loosened=tree.get("on_loosened"),
        foreign_tags=tree.get("foreign_tags"),
        comment=(tree.get("ci") or {}).get("comment", "always"),
    )


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    path, metrics = entry.get("path"), entry.get("metrics")
    return Model(
        name=name,
        path=None if path is None else posixpath.normpath(path),
        description=entry.get("description"),
        metrics=None if metrics is None else tuple(posixpath.normpath(glob) for glob in metrics),
        line=entry["line"],
    )


def _gate(gate_id: str, entry: Mapping[str, Any]) -> Gate:
    from decimal import Decimal

    def number(key: str) -> Decimal | None:
        return Decimal(entry[key]) if key in entry else None

    vs = entry.get("vs")
    models = (entry["model"],) if "model" in entry else entry.get("models")
    return Gate(
        id=gate_id,
        metric=entry["metric"],
        models=None if models is None else tuple(models),
        minimum=number("min"),
        maximum=number("max"),
        vs=FileBaseline(path=posixpath.normpath(vs["file"])) if isinstance(vs, dict) else vs,
        change={kind: _limit(entry[kind]) for kind in CHANGE_KINDS if kind in entry},
        severity=entry.get("severity", "error"),
        when=entry.get("when", "check"),
        on_no_baseline=entry.get("on_no_baseline", "skip"),
        on_inconclusive=entry.get("on_inconclusive", "fail"),
        line=entry["line"],
    )


def _limit(value: int | str) -> Limit:
    from decimal import Decimal

    text = str(value)
    return Limit(amount=Decimal(text.removesuffix("%")), relative=text.endswith("%"))


def _environment(name: str, entry: Mapping[str, Any]) -> Environment:
    gates = entry.get("gates")
    return Environment(
        name=name,
        auto=entry.get("auto", False),
        source=entry.get("from"),
        gates=None if gates is None else tuple(gates),
        pre=entry.get("pre", False),
        line=entry["line"],
    )


def _deploy(name: str, entry: Mapping[str, Any]) -> Deploy:
    keys = {key: value for key, value in entry.items() if key != "target"}
    return Deploy(environment=name, target=entry["target"], keys=keys)
