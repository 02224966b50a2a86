"""Baselines: find the commit or file that each `vs:` of a gate means, and its metric files."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from mlgit.core.config.file import FileBaseline, Model
from mlgit.core.gates.evaluate import EMPTIED
from mlgit.core.gates.places import BaselineFiles
from mlgit.core.record import record
from mlgit.core.registry.completeness import doubtful_release
from mlgit.core.registry.state import ModelState
from mlgit.core.registry.tags import plain_baseline
from mlgit.core.trust.newest_release import doubtful_refusal
from mlgit.errors import AnswerNo, StateError, ToolError, UnknownReference
from mlgit.project.compare.baseline_files import (
    deepening,
    found_at,
    means_environment,
    no_base,
    no_revision,
    no_trunk,
    none_at,
    only_name,
    quoted,
    read_baseline,
    unknown,
)
from mlgit.project.compare.environment_baseline import (
    frozen,
    in_environment,
    is_made_again,
    merged,
    off_trunk,
    replaced,
)
from mlgit.project.compare.reference_file import reference_baseline
from mlgit.project.compare.release_before import explained, gone_before, is_newest, newest_of, release_before
from mlgit.project.compare.renames.named_models import as_written, meant

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mlgit.core.gates.verdict import Baseline, Purpose
    from mlgit.core.pipeline.known_models import Declared
    from mlgit.core.registry.state import Refusal, RegisteredVersion
    from mlgit.project.open import Project
    from mlgit.project.registry.read import ModelTags


@record
class Baselines:
    """Finds baselines for one candidate.

    `purpose`: a release and a promotion have a different `base` than a check. `candidate` is None for the
    working tree. `base` is the value of `--base`. `environments` are those of trunk, `announced` those of
    the candidate, which mean nothing yet if a revision has that name. `alone`: there is only one model.
    `names` maps a renamed model to its name in tags. `after` finds them as they will be after the merge, by
    what trunk will have `declared`. `metric_files` are the candidate's. `pre`: it may be a pre-release.
    """

    project: Project
    purpose: Purpose
    candidate: str | None
    base: str | None
    ci: Mapping[str, str]
    environments: Collection[str]
    alone: bool
    announced: Collection[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    declared: Declared | None = None
    after: Baselines | None = None
    metric_files: tuple[str, ...] = ()
    pre: bool = False
    _tags: dict[str | None, ModelTags] = field(default_factory=dict, repr=False)
    _places: dict[tuple[str | None, str, str], tuple[str, str]] = field(default_factory=dict, repr=False)

    def before_merge(self, declared: Declared | None) -> Baselines:
        """The finder for a change after whose merge trunk will declare this, if that is something else."""
        if declared is None:
            return self
        after = replace(self, environments=declared.environments, declared=declared, _places={})
        return replace(self, after=after)

    def find(self, vs: str | FileBaseline, model: Model | None) -> BaselineFiles:
        name = None if model is None else model.name
        if isinstance(vs, FileBaseline):
            return reference_baseline(self.project, self.candidate, vs, model=name)
        baseline = self.locate(vs, name)
        if baseline.state == "none" and self.after is not None:
            found = self.after.find(vs, model)
            same = found.baseline.state == "none" and EMPTIED not in {baseline.reason, found.baseline.reason}
            return BaselineFiles(baseline) if same else found
        if baseline.state != "found":
            return BaselineFiles(baseline)
        if name is not None:
            own, plain = self.names.get(name, name), plain_baseline(vs, self.registry_name(name))
            name = self.place(plain, self.registry_name(name))[1] if plain in self.environments else own
        return read_baseline(
            self.project, baseline, model, alone=self.alone, name=name, wanted=self.metric_files
        )

    def locate(self, vs: str, model: str | None) -> Baseline:
        """The commit that `vs` means for a model."""
        if self.declared is None:
            return self._locate(vs, model)
        from mlgit.project.registry.former_names import declaring

        with declaring(self.project, self.declared):
            return self._locate(vs, model)

    def _locate(self, vs: str, model: str | None) -> Baseline:
        if vs == "base" and (self.purpose == "check" or self.base is not None):
            return self._base_of_change(model)
        try:
            name = self.registry_name(model)
            in_tags, read, places = self.registry_name, self.state_of, self.environments
            named = meant(self.project, vs, own=name, environments=places, in_tags=in_tags, read=read)
            if named is not None:
                return as_written(self._newest(named[0], model, named[1], named=True), named[0], vs)
            return self._newest(vs, model, name)
        except UnknownReference as error:
            return no_revision(vs, model, error, deepen=deepening(self.project))
        except (ToolError, AnswerNo, StateError) as error:
            return unknown(vs, model, f"`{vs}`", "a tag", error.message, error.hint)

    def _newest(self, vs: str, model: str | None, name: str | None, *, named: bool = False) -> Baseline:
        """What a model has now; `named`: the gate names the model, so that no revision is meant."""
        promoted = vs == "release" and name is not None and self.purpose == "promote"
        if vs == "base" or (promoted and is_newest(self.state_of(name or ""), self.candidate)):
            return self._last_release(vs, model, self.name_of_releases(name))
        if vs == "release":
            return self._release(model, self.name_of_releases(name))
        return self._environment(vs, model, name, named=named) or self._revision(vs, model, name)

    def registry_name(self, model: str | None) -> str | None:
        """The name in tags; an unnamed model has the only name in dvc.yaml `artifacts:` or in the tags."""
        if model is not None:
            return model if self.declared is not None else self.names.get(model, model)
        names = self._names
        return names[0] if len(names) == 1 else None

    def place(self, vs: str, name: str | None) -> tuple[str, str | None]:
        """The environment and the model's name in tags; both may still be those before a rename."""
        if name is None or vs not in self.environments:
            return vs, name
        key = self.candidate, vs, name
        if key not in self._places:
            from mlgit.project.registry.former_environments import place_of

            self._places[key] = place_of(self.project, name, vs, self.candidate, self.state_of)
        return self._places[key]

    def name_of_releases(self, name: str | None) -> str | None:
        """The name in tags; the releases of a renamed model may all be under the name before."""
        if name is None:
            return only_name("The newest release may be that", self._names)
        from mlgit.project.registry.former_names import name_of_releases

        return name_of_releases(self.project, name, self.candidate, self.state_of)

    @property
    def _names(self) -> tuple[str, ...]:
        """What an unnamed model may be in tags; if trunk has only one model, another one changes nothing."""
        from mlgit.project.registry.models import unnamed_models

        after = None if self.declared is None else tuple(self.declared.models)
        return unnamed_models(self.project, self.state_of, after=after)

    def state_of(self, name: str) -> ModelState:
        return self._tags_of(name).state or ModelState(name=name)

    def _tags_of(self, name: str | None) -> ModelTags:
        if name not in self._tags:
            from mlgit.project.registry.read import read_model_tags
            from mlgit.project.trust.accept import accept

            tags = read_model_tags(self.project, name)
            state = None if tags.state is None else accept(self.project, tags.state)
            self._tags[name] = tags._replace(state=state)
        return self._tags[name]

    def _proven(
        self, found: Baseline, name: str | None, doubt: str | None, refused: Refusal | None = None
    ) -> Baseline:
        """The baseline; unknown if this clone may lack tags, or if `doubt` or `refused` does not count."""
        from mlgit.project.compare.renames.known_names import knows_names
        from mlgit.project.registry.completeness import as_of_fetch, lacks_its_tag
        from mlgit.project.registry.tag_settings import ignored_hint

        tags = self._tags_of(name)
        if refused and not lacks_its_tag(self.project, refused, name, here=tags.here, ci=self.ci):
            return unknown(found.vs, found.model, found.label, found.rule, refused.with_maker(), refused.hint)
        if doubt is not None:
            message = f"The tag `{doubt}` makes {found.rule} unknown: {tags.ignored[doubt]}"
            hint = ignored_hint(self.project, doubt, tags.ignored[doubt])
            return unknown(found.vs, found.model, found.label, found.rule, message, hint)
        names = name, self.registry_name(found.model)
        known = knows_names(
            self.project, found, names, self.candidate, self.purpose, ci=self.ci, read=self._tags_of
        )
        if known.known == "yes":
            if found.state != "none":
                return found
            return replace(found, message=f"{found.message}{as_of_fetch(self.project, name, ci=self.ci)}")
        message = f"{found.rule[0].upper()}{found.rule[1:]} is not known here: {known.why}"
        return unknown(found.vs, found.model, found.label, found.rule, message, f"run `{known.repair}`")

    def _base_of_change(self, model: str | None) -> Baseline:
        from mlgit.project.compare.base import RULES, base_commit, ci_of_head, target_of

        explicit = None
        if self.base is not None:
            from mlgit.project.trust.compared import compared_reference

            explicit = compared_reference(self.project, self.base, model=model).commit
        ci = ci_of_head(self.project, self.candidate, self.ci)
        found = base_commit(self.project, candidate=self.candidate, explicit=explicit, ci=ci)
        target = target_of(self.project, ci)
        rule = RULES[found.reason].format(target=f"`{target.short}`" if target else "the target")
        if found.commit is not None:
            return found_at("base", model, self.base or found.commit[:7], rule, found.commit)
        if found.reason == "trunk_not_here":
            return no_trunk(self.project, model, rule)
        cut_off = found.reason == "history_too_shallow"
        return no_base(model, rule, deepen=deepening(self.project) if cut_off else None)

    def _last_release(self, vs: str, model: str | None, name: str | None) -> Baseline:
        rule = "the newest release before it"
        here = self.candidate or self.project.head.commit
        found = none_at(vs, model, vs, rule, f"No release of {quoted(name)} comes before this one")
        refused = None
        if name is not None and here is not None:
            state = self.state_of(name)
            version, refused = release_before(self.project, state, here, pre=self.pre)
            if version is not None:
                found = found_at(vs, model, f"{name}@{version.version}", rule, version.commit)
            found = explained(self.project, found, state, version, gone_before(self.project, state, here))
        return self._proven(found, name, self._doubtful_release(name), refused)

    def _release(self, model: str | None, name: str | None) -> Baseline:
        rule = "the newest release"
        state = None if name is None else self.state_of(name)
        version = newest_of(self.project, state, pre=self.pre and self.purpose != "check")
        found = none_at("release", model, "release", rule, f"{quoted(name)} has no release yet")
        if version is not None:
            found = self._merged(
                found_at("release", model, f"{name}@{version.version}", rule, version.commit), version
            )
        if state is not None:
            found = explained(self.project, found, state, version, state.versions)
        refused = None if state is None else doubtful_refusal(state)
        return self._proven(found, name, self._doubtful_release(name), refused)

    def _doubtful_release(self, name: str | None) -> str | None:
        tags = self._tags_of(name)
        latest = None if tags.state is None or tags.state.latest is None else tags.state.latest.version
        return doubtful_release(name, latest=latest, ignored=tags.ignored)

    def _environment(
        self, vs: str, model: str | None, registered: str | None, *, named: bool = False
    ) -> Baseline | None:
        place, name = self.place(vs, registered)
        names = self._names if name is None else (name,)
        states = [self.state_of(each).environments.get(place) for each in names]
        if not (vs in self.environments or named) and not means_environment(
            self.project, vs, used=any(states), announced=self.announced
        ):
            return None
        only_name(f"`{vs}` is an environment", names)
        state = states[0] if states else None
        now, whole = self.declared is None, None if name is None else self.state_of(name)
        found = in_environment(
            self.project, vs, model, place=place, state=whole, purpose=self.purpose, merged=now
        )
        doubt = None if state is None else state.doubt
        if doubt and not (self.purpose == "promote" and is_made_again(doubt, state, self.candidate)):
            return self._proven(replace(found, label=f"`{vs}`"), name, None, doubt)
        found = self._merged(found, None if state is None else state.version)
        if name is not None:
            explain = replaced if vs in self.environments else frozen
            found = explain(self.project, found, name=name, candidate=self.candidate, read=self.state_of)
        return self._proven(found, name, None)

    def _merged(self, found: Baseline, version: RegisteredVersion | None) -> Baseline:
        """The baseline only if it is on trunk; but pre-releases are promoted one after the other."""
        if version is None or (self.pre and self.purpose != "check"):
            return found
        return merged(self.project, found, version, candidate=self.candidate or self.project.head.commit)

    def _revision(self, vs: str, model: str | None, name: str | None) -> Baseline:
        from mlgit.project.registry.references import resolve

        found = resolve(self.project, vs, model=name, read=self.state_of)
        if found.version is not None:
            return found_at(vs, model, found.label, "a version", found.commit)
        baseline = found_at(vs, model, found.label, "a revision", found.commit)
        return off_trunk(self.project, baseline, candidate=self.candidate or self.project.head.commit)
