"""Rules of a change: its target, where it left, and the mlgit.yaml that its merge will have."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from mlgit.adapters.git.refs import merge_bases, merged_tree
from mlgit.core.config.file import CONFIG_FILE, Config
from mlgit.core.gates.resolved.rules import Merged
from mlgit.core.gates.verdict import GateChange, Note
from mlgit.core.record import NamedTuple, record
from mlgit.core.wording import word
from mlgit.errors import ConfigError
from mlgit.project.compare.base import VALUE_FILES, branch_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.gates.resolved.findings import Finding
    from mlgit.core.gates.waived_names import WaivedNames
    from mlgit.core.pipeline.known_models import Declared
    from mlgit.project.open import Branch, Project

_PIPELINE = (".dvc", "dvc.yaml", "dvc.lock", ".dvcignore", ".gitignore")


@record
class Change:
    """What a candidate changes: `base` is the commit where it left the target, whose rules are `rules`.

    The rules are without the models that the target has added since: no change could have removed those.
    `newer` are their names. `renamed` are new name -> old name of those that the target has renamed.
    """

    target: Branch
    base: str
    rules: Config
    merged: Merged
    newer: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)

    def name_in_merge(self, name: str) -> str:
        """The name that a model of the candidate will have."""
        if name in self.merged.config.models:
            return name
        return next((new for new, old in self.renamed.items() if old == name), name)


@record
class Compared:
    """What a change compares other than its target; `names` are those that waivers use."""

    changes: tuple[GateChange, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()
    names: WaivedNames | None = None


def rules_of_trunk(
    project: Project, own: Config, candidate: str | None, *, strict: bool
) -> tuple[Config, str | None, tuple[Note, ...]]:
    """Trunk's rules, and the commit that they are of.

    Unless `strict`, invalid ones are those before it, or the candidate's `own` if there are none: a change
    that repairs them must be checked. A note says so.

    Raises:
        ConfigError: they are invalid, and that is not allowed.
    """
    trunk = None if project.trunk is None else project.trunk.commit
    try:
        return project.config(trunk), trunk, ()
    except ConfigError as error:
        if strict:
            raise
        commit = project.last_valid_rules
        whose = "this change's own rules" if commit is None else f"the rules of {commit[:7]} before it"
        text = f"`mlgit.yaml` on trunk is invalid, so {whose} apply: {error.message}"
        note = Note(code="trunk_config_invalid", message=text, effect="warn")
        return (own, candidate, (note,)) if commit is None else (project.config(commit), commit, (note,))


def find_change(
    project: Project, target: Branch | None, candidate: str | None, own: Config
) -> tuple[Change | None, tuple[Note, ...]]:
    """What the candidate (None: the working tree) changes; None if nothing that gates depend on."""
    if project.trunk_is_unknown:
        return None, (_trunk_unknown(project),)
    guessed = tuple(map(_guess, guesses(project)))
    if target is None or candidate == target.commit:
        return None, guessed
    try:
        rules = project.trunk_config if target == project.trunk else project.config(target.commit)
    except ConfigError as error:
        return None, guessed if target == project.trunk else (*guessed, _invalid(target, error))
    here = candidate or project.head.commit
    bases: tuple[str, ...] = (target.commit,)
    if here is not None and here != target.commit:
        bases = merge_bases(project.git, here, target.commit) or bases
    base = bases[0] if len(bases) == 1 else target.commit
    if base == candidate or (base == here and not _touched(project)):
        return None, guessed
    change = Change(target=target, base=base, rules=rules, merged=Merged(config=own, strict=own))
    merged, notes = _merge(project, candidate, change, bases)
    return merged, (*guessed, *notes)


def _trunk_unknown(project: Project) -> Note:
    """The note that blocks where the gates and rules of the target are not known in this clone."""
    from mlgit.project.registry.completeness import trunk_repair

    return Note(
        code="trunk_unknown",
        message="Trunk is not known in this clone, so its gates and rules cannot be compared with these",
        effect="block",
        hint=f"run `{trunk_repair(project)}`",
    )


class Guess(NamedTuple):
    """What is taken for trunk without being named, and the commands of which one ends that."""

    message: str
    commands: tuple[str, ...]


def guesses(project: Project) -> tuple[Guess, ...]:
    """What is guessed of trunk: by its name, or because the branch here follows its remote.

    The branch that is checked then chooses the remote whose rules it is checked by.
    """
    trunk, remote = project.trunk, project.remote
    if trunk is None or remote is None:
        return ()
    found = []
    start = f"`{trunk.short}` is treated as trunk, where rules are read"
    if project.trunk_is_guessed:
        why = f"only because of its name, as `{remote}/HEAD` is not in this clone"
        found.append(Guess(f"{start}, {why}", (f"git remote set-head {word(remote)} --auto",)))
    if remote != "origin" and project.settings.remote is None and "origin" in project.remotes:
        why = "because the branch here follows it; another remote is named `origin`"
        chosen = (f"git config mlgit.remote {word(remote)}", "git config mlgit.remote origin")
        found.append(Guess(f"{start}, {why}", chosen))
    return tuple(found)


def _guess(found: Guess) -> Note:
    hint = "run " + " or ".join(f"`{each}`" for each in found.commands)
    return Note(code="trunk_guessed", message=found.message, effect="warn", hint=hint)


def _merge(
    project: Project, candidate: str | None, change: Change, bases: tuple[str, ...]
) -> tuple[Change, tuple[Note, ...]]:
    """The change with what its merge will have; so far, that is its own."""
    own, rules = change.merged.config, change.rules
    before = _before(project, rules, bases)
    by_git, notes = _by_git(project, candidate, change, bases)
    if by_git is None and before == rules:
        return change, notes
    from mlgit.core.gates.resolved.merged import fitted, in_new_names, merge_rules, with_models_of_both

    names = {} if before.models.keys() == rules.models.keys() else _renamed(project, change)
    before, own = (in_new_names(each, own, names) for each in (before, own))
    known = with_models_of_both(before, rules, own, by_git)
    merged = merge_rules(before, rules, own, by_git)
    if before.models != rules.models:
        files = _files(project, candidate)
        both = [fitted(each, own, files) for each in (merged.config, merged.strict)]
        merged = replace(merged, config=both[0], strict=both[1])
        known = fitted(known, before, _files(project, change.base))
    newer = frozenset(rules.models.keys() - known.models.keys())
    return replace(change, rules=known, merged=merged, newer=newer, renamed=names), notes


def _before(project: Project, rules: Config, bases: tuple[str, ...]) -> Config:
    """The rules where the change left; if that is not one commit, the target's, for the models of then."""
    found = []
    for base in bases:
        try:
            found.append(project.config(base))
        except ConfigError:
            found.append(rules)
    if len(found) == 1:
        return found[0]
    return replace(rules, models={name: model for each in found for name, model in each.models.items()})


def _by_git(
    project: Project, candidate: str | None, change: Change, bases: tuple[str, ...]
) -> tuple[Config | None, tuple[Note, ...]]:
    """The rules in the file that git makes of both sides; None if one did not edit it, or git cannot."""
    target, commit = change.target, candidate or project.head.commit
    own, there, *before = (
        project.tree(each).read(CONFIG_FILE) for each in (candidate, target.commit, *bases)
    )
    if own == there or {there} == {*before} or [own] == before or commit is None:
        return None, ()
    if candidate is None and project.tree(commit).read(CONFIG_FILE) != own:
        return None, ()  # an edit that is not committed yet
    merge = merged_tree(project.git, project.git_dir, target.commit, commit)
    if merge is None or CONFIG_FILE in merge[1]:
        return None, ()
    try:
        return project.config(merge[0]), ()
    except ConfigError as error:
        text = f"`mlgit.yaml` is invalid after the merge with `{target.short}`: {error.message}"
        hint = f"run `git merge {word(branch_names(project, target)[1])}`, fix it, and commit that"
        return None, (Note(code="merge_config_invalid", message=text, effect="block", hint=hint),)


def declared_after(project: Project, change: Change | None, candidate: str | None) -> Declared | None:
    """What trunk will declare after the merge of the candidate, if that is not what it declares."""
    if change is None or change.target != project.trunk:
        return None
    from mlgit.core.pipeline.known_models import Declared
    from mlgit.project.registry.models import known_models

    environments = change.merged.config.environments
    base, target, own = (
        known_models(project, commit) for commit in (change.base, change.target.commit, candidate)
    )
    paths = [{name: model.path for name, model in side.items()} for side in (base, target, own)]
    if paths[2] in paths[:2] and environments == change.rules.environments:
        return None
    models = {
        name: side[name]
        for name in {*target, *own}
        if name in (side := target if paths[2].get(name, "") == paths[0].get(name, "") else own)
    }
    return Declared(models=models, environments=environments)


def _files(project: Project, commit: str | None) -> set[str]:
    """What Git or DVC has at a commit; nothing if its pipeline is invalid."""
    from mlgit.project.pipeline.evidence import evidence

    try:
        outputs = evidence(project, commit, staleness=False).pipeline.outputs
    except ConfigError:
        return set()
    return {*project.tree(commit).paths(), *(out.path for out in outputs)}


def _renamed(project: Project, change: Change) -> Mapping[str, str]:
    """New name -> old name of the models that the target renamed since the candidate left it."""
    from mlgit.core.pipeline.known_models import renamed_models
    from mlgit.project.registry.models import known_models

    old, new = (known_models(project, commit) for commit in (change.base, change.target.commit))
    return renamed_models([*old.values()], [*new.values()])


def _touched(project: Project) -> bool:
    """Whether the working tree differs from HEAD in a file that gates may depend on."""
    return any(_matters(path) for path in (*project.head.changed, *project.head.conflicted)) or any(
        path.endswith("/") or _matters(path) for path in project.head.untracked
    )


def _matters(path: str) -> bool:
    return path == CONFIG_FILE or path.endswith(_PIPELINE) or path.endswith(VALUE_FILES)


def _invalid(target: Branch, error: ConfigError) -> Note:
    text = f"`mlgit.yaml` on {target.short} is invalid, so loosened gates cannot be detected"
    return Note(code="target_config_invalid", message=f"{text}: {error.message}", effect="warn")
