"""References: resolve a revision on the command line to an environment, a version or a commit.

In this order: a declared environment (`prod`, `tumor#prod`), a version (`tumor@v1.2.0`), the latest one
(`tumor@latest`), an assignment's tag (`tumor#prod#3`), any Git revision, and then what `named_loosely`
knows (`v1.2.0` of the only model; an error if Git has another commit for it). `heads/prod` means the branch.
What has the form of a model's tag is that or an error: it is never left to Git (`named_tags`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mlgit.core.config.names import read_environment_name, read_model_name
from mlgit.core.record import record
from mlgit.core.wording import words
from mlgit.errors import StateError, UnknownReference
from mlgit.project.registry.loose_names import experiment, named_loosely, unknown, version_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.registry.state import ModelState, Refusal
    from mlgit.project.open import Project
    from mlgit.project.registry.named_tags import TagForm

    Reader = Callable[[str], ModelState]


@record
class Reference:
    """One resolved reference.

    `text` is what the user wrote, `label` names it in a sentence (`prod (tumor@v1.2.0)`), `commit` is its
    full id. `notes` are sentences to show to the user.
    """

    text: str
    label: str
    commit: str
    model: str | None = None
    version: str | None = None
    environment: str | None = None
    notes: tuple[str, ...] = ()


def resolve(
    project: Project,
    text: str,
    *,
    model: str | None = None,
    read: Reader | None = None,
    shows: bool = False,
    compares: bool = False,
) -> Reference:
    """Resolve `text`; with `model`, a bare environment is that model's.

    `read` reads the tags of a model; without it, all of them count. `shows`: what an environment holds, or
    the latest version, is only shown with a note of its own, so that it may be what this clone knows.
    `compares`: a version is only looked at, so that its tag need not count.

    Raises:
        AnswerNo: the version's tag does not count, says `read`.
        StateError: this clone may lack newer tags of the environment, or of the latest version.
        UnknownReference: there is no such thing, it is a tag and a branch, or it is an environment that is
            empty or of several models.
    """
    form = _form(text)
    plain = text if form is None else form.text
    found = _environment(project, plain, model, read) or _version(project, plain, read, compares=compares)
    if found is not None and not shows and (found.environment is not None or plain.endswith("@latest")):
        _require_newest(project, found)
    commit = None
    if found is None and form is not None:
        found, commit = _tag(project, form, read)
    if found is not None:
        return replace(found, text=text) if form is None or not form.suffix else _near(project, found, form)
    loose, commit = (None, commit) if commit is not None else _loose_or_revision(project, text)
    if loose is not None:
        named = resolve(project, loose, model=model, read=read, shows=shows, compares=compares)
        return replace(named, text=text)
    if commit is None and (commit := experiment(project, text)) is None:
        raise unknown(project, text)
    short = commit.startswith(text.lower())
    return Reference(text=text, label=commit[:7] if short else f"{text} ({commit[:7]})", commit=commit)


def _loose_or_revision(project: Project, text: str) -> tuple[str | None, str | None]:
    """The full name of a version or environment that is meant, and the commit of a revision of Git."""
    commit = _revision(project, text)
    return named_loosely(project, text) if commit is None else version_at(project, text, commit), commit


def _revision(project: Project, text: str) -> str | None:
    if text != "HEAD" and not text.startswith(("HEAD~", "HEAD^", "HEAD@{")):  # which no tag can replace
        from mlgit.project.registry.named_tags import require_one_meaning

        require_one_meaning(project, text)
    return project.commit(text)


def _form(text: str) -> TagForm | None:
    if "@" not in text and "#" not in text:
        return None
    from mlgit.project.registry.named_tags import tag_form

    return tag_form(text)


def _tag(project: Project, form: TagForm, read: Reader | None) -> tuple[Reference | None, str | None]:
    """The tag of an assignment, or the commit of a name that only looks like a tag's.

    Raises:
        UnknownReference: the name can only be a tag's, and there is none that counts.
    """
    from mlgit.project.registry.named_tags import described, is_only_a_tag, named_tag
    from mlgit.project.registry.read import read_model

    state = (read or partial(read_model, project))(form.name.model)
    named = named_tag(project, form, state)
    if named is None:
        commit = described(project, form.text)
        if commit is None and is_only_a_tag(project, form, state):
            raise unknown(project, form.text)
        return None, commit
    version = None if named.version is None else str(named.version.version)
    found = Reference(
        text=form.text, label=named.label, commit=named.fact.commit, model=form.name.model, version=version
    )
    return found, None


def _near(project: Project, found: Reference, form: TagForm) -> Reference:
    """The commit that Git's `^` and `~` mean after a version."""
    commit = project.commit(f"{found.commit}{form.suffix}")
    if commit is None:
        raise unknown(project, f"{form.text}{form.suffix}")
    if commit == found.commit:
        return replace(found, text=form.text + form.suffix)
    label = f"{form.text}{form.suffix}"
    return Reference(text=label, label=f"{label} ({commit[:7]})", commit=commit, notes=found.notes)


def _environment(project: Project, text: str, model: str | None, read: Reader | None) -> Reference | None:
    owner, hash_sign, name = text.rpartition("#")
    if hash_sign:
        if read_model_name(owner) is None or read_environment_name(name) is None:
            return None
        model = owner
    elif read_environment_name(text) is None or text not in project.trunk_config.environments:
        return None
    from mlgit.project.registry.read import read_model

    notes = []
    if not hash_sign and f"refs/heads/{text}" in project.branches:
        notes.append(f"`{text}` is the environment here; write `heads/{text}` for the branch")
    from mlgit.project.registry.environments import only_model_in

    chosen = model or only_model_in(project, text, read or partial(read_model, project))
    state = (read or partial(read_model, project))(chosen).environment(name)
    if state.doubt is not None:
        raise state.doubt.doubt()
    if state.commit is None:
        if hash_sign and name not in project.trunk_config.environments and not state.changes:
            return None
        raise _empty(project, name, chosen)
    version = state.version
    if version is not None:
        from mlgit.core.registry.entries import rejection_notes

        notes += rejection_notes(version)
    return Reference(
        text=text,
        label=f"{name} ({f'{chosen}@{version.version}' if version else state.label})",
        commit=state.commit,
        model=chosen,
        version=str(version.version) if version else None,
        environment=name,
        notes=tuple(notes),
    )


def _require_newest(project: Project, found: Reference) -> None:
    """Raise StateError if a newer tag than the one that was found may be at the remote, or does not count."""
    from mlgit.core.registry.completeness import doubtful_release
    from mlgit.project.registry.completeness import require_tags
    from mlgit.project.registry.read import read_model_tags
    from mlgit.project.registry.tag_settings import ignored_hint

    tags = read_model_tags(project, found.model)
    what = f"What `{found.environment}` holds of `{found.model}`"
    if found.environment is None:
        what = f"Which version of `{found.model}` is the latest one"
        latest = None if tags.state is None or tags.state.latest is None else tags.state.latest.version
        if (doubt := doubtful_release(found.model, latest=latest, ignored=tags.ignored)) is not None:
            why = tags.ignored[doubt]
            raise StateError(
                f"{what} is not known here: the tag `{doubt}` makes it unknown: {why}",
                hint=ignored_hint(project, doubt, why),
            )
    require_tags(project, found.model, here=tags.here, what=what, absent=False)


def _empty(project: Project, environment: str, model: str) -> UnknownReference:
    from mlgit.core.registry.moves import emptied
    from mlgit.core.registry.state import ModelState
    from mlgit.project.registry.completeness import doubts, unknown_here
    from mlgit.project.registry.read import read_model_tags

    tags = read_model_tags(project, model)
    state = tags.state or ModelState(name=model)
    if doubts(project, tags.ignored).environment(state, environment) == "no":
        return unknown_here(project, f"What `{environment}` holds of `{model}`")
    message = f"`{environment}` holds no version of `{model}`"
    why = emptied(state.environment(environment), state)
    if why is not None:
        see = words(("mlgit", "history", model, "--env", environment))
        return UnknownReference(f"{message}: {why}", hint=f"see `{see}`")
    return UnknownReference(message, hint=f"run `{_first_step(project, state, environment)}`")


def _first_step(project: Project, state: ModelState, name: str) -> str:
    """The command that is next on the way of a model into an environment that never held it."""
    declared, seen = project.trunk_config.environments, [name]
    if not any(each.version.final and not each.deregistered for each in state.versions):
        return words(("mlgit", "release", state.name))
    if name not in declared:
        return words(("mlgit", "show", state.name))
    while (source := declared[seen[-1]].source) in declared and source is not None and source not in seen:
        if state.environment(source).holder is not None:
            break
        seen.append(source)
    return words(("mlgit", "promote", state.name, "--to", seen[-1]))


def _version(project: Project, text: str, read: Reader | None, *, compares: bool) -> Reference | None:
    model, at, wanted = text.rpartition("@")
    if not at or read_model_name(model) is None:
        return None
    from mlgit.core.registry.semver import Version
    from mlgit.project.registry.read import read_model

    number = Version.parse(wanted)
    if number is None and wanted != "latest":
        return None
    state = (read or partial(read_model, project))(model)
    refused = next((each for each in state.refused if each.fact.tag == text.replace(":", "=")), None)
    if number is None:
        from mlgit.core.trust.newest_release import doubtful_refusal

        refused = doubtful_refusal(state)
    if refused is not None:
        return _refused_version(text, refused, compares=compares)
    found = state.latest if number is None else state.find(number)
    if found is None:
        if wanted == "latest" and state.facts:
            every, first = "", ""
            if state.versions:
                every, first = "; every one was deregistered", "train another model, then "
            hint = f"{first}run `mlgit release {model}`"
            raise UnknownReference(f"`{model}` has no version{every}", hint=hint)
        return None
    from mlgit.core.registry.entries import rejection_notes

    return Reference(
        text=text,
        label=f"{found.model}@{found.version}",
        commit=found.commit,
        model=found.model,
        version=str(found.version),
        notes=rejection_notes(found),
    )


def _refused_version(text: str, refused: Refusal, *, compares: bool) -> Reference:
    """The version whose tag does not count, to look at it.

    Raises:
        AnswerNo: something is to be done with it.
        StateError: the latest version was asked for, and it may be this one.
    """
    name = refused.fact.name
    if text.endswith("@latest"):
        what = f"Which version of `{name.model}` is the latest one is not known here"
        raise StateError(f"{what}: t{refused.sentence[1:]}", hint=refused.hint)
    if not compares:
        raise refused.error()
    return Reference(
        text=text,
        label=f"{name.model}@{name.version}",
        commit=refused.fact.commit,
        model=name.model,
        version=str(name.version),
        notes=(f"{refused.sentence}; {refused.hint}",),
    )
