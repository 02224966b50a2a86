"""Tag proof: check a tag's name and statement against the repository."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.push import fetch_refs
from mlgit.adapters.git.refs import is_ancestor
from mlgit.adapters.git.tags.facts import read_tags
from mlgit.adapters.git.tags.objects import local_tags, parse_header
from mlgit.core.ci.tag_event import version_of_tag
from mlgit.core.digest import sha256_hex
from mlgit.core.pipeline.model_files import outputs_of
from mlgit.core.registry.statement import FileDigest, ReleaseStatement
from mlgit.core.registry.tags import TAGS
from mlgit.core.trust.proof import Proof, claims_problem, parse_statement, release_problem
from mlgit.core.wording import word
from mlgit.errors import ConfigError, StateError, ToolError, UnknownReference
from mlgit.project.history import unshallow
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.registry.models import declared_path
from mlgit.project.registry.pushed import record_seen
from mlgit.project.trust.default_branch import remote_refs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.pipeline.stages import Pipeline
    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.project.open import Project


def fetch_tag(project: Project, tag: str, *, force: bool) -> None:
    """Fetch the remote's own object of a tag, because a checkout may create another tag with that name.

    The name is full-matched. `force` replaces another annotated tag of that name, if one is here.

    Raises:
        UnknownReference: the remote, or this clone if there is no remote, does not have the tag.
        StateError: another annotated tag is here, without `force`.
        ToolError: the remote does not answer.
    """
    ref, remote = TAGS + tag, project.remote
    here = local_tags(project.git, [tag]).get(tag)
    if remote is None:
        if here is None:
            raise UnknownReference(f"There is no tag `{tag}`")
        return
    try:
        there = remote_refs(project, remote, [ref]).get(ref)
        if there is None:
            raise UnknownReference(
                f"`{remote}` has no tag `{tag}`",
                hint="check its name; a tag that someone deleted changes nothing",
            )
        record_seen(project, [there], at_remote=True)
        if here == there:
            return
        if here is not None and not force and _is_annotated(project, here):
            raise StateError(
                f"The tag `{tag}` differs from the one on `{remote}`",
                hint=f"if yours was never published, run `git tag -d {word(tag)}`",
            )
        fetch_refs(project.git, remote, [f"+{ref}:{ref}"])
    except GitFailed as error:
        raise ToolError(
            f"`{remote}` did not send the tag `{tag}`", hint="run it again", details=error.details
        ) from error


def find_tag(project: Project, tag: str) -> TagFact | Proof:
    """The tag, or a failed proof that says why it does not count."""
    oid = local_tags(project.git, [tag]).get(tag)
    listing = read_tags(project.objects, {} if oid is None else {tag: oid})
    if listing.facts:
        return listing.facts[0]
    why = listing.ignored.get(tag, "it is not here")
    if "lightweight" in why:
        why = "it is lightweight: it has no author, and gto, DVC and mlgit do not count it"
    return Proof(tag=tag, check="annotated", state="fail", message=why)


def prove_tag(project: Project, fact: TagFact, state: ModelState) -> tuple[Proof, ...]:
    """Check a tag of the model `state` and, for an assignment, its release; trunk and tags are fetched."""
    proofs = [_annotated(fact), *_prove(project, fact, state)]
    proofs.append(_on_trunk(project, fact, state))
    if fact.name.action == "assign":
        version = version_of_tag(fact, state)
        if version is not None:
            proofs += _prove(project, version.fact, state)
    return tuple(proofs)


def _prove(project: Project, fact: TagFact, state: ModelState) -> Iterator[Proof]:
    """Check the tag's own name, its statement, and what the statement names."""
    found = project.objects.get(fact.oid)
    header = None if found is None else parse_header(found.content)
    named = "?" if header is None else header.tag
    yield _proof(fact, "name", None if named == fact.tag else f"the object was made for `{named}`")
    statement, problem = parse_statement(fact.message())
    if statement is None and problem is None:
        yield _skipped(fact, "statement", "it has no statement: mlgit did not write it")
        return
    if statement is None or problem is not None:
        yield _proof(fact, "statement", problem)
        return
    yield _proof(fact, "statement", claims_problem(fact, statement))
    if not isinstance(statement, ReleaseStatement):
        yield _proof(fact, "release", release_problem(fact, statement, state))
    else:
        yield from _contents(project, fact, statement)


def wrong_files(project: Project, fact: TagFact) -> str | None:
    """How a release and its commit differ in the files of the model; None if they agree.

    A release that states nothing, or whose commit has an invalid DVC file, is not checked.
    """
    statement = fact.statement
    if not isinstance(statement, ReleaseStatement):
        return None
    try:
        evidence(project, fact.commit, staleness=False)
    except ConfigError:
        return None
    failed = (each.message for each in _contents(project, fact, statement) if each.state == "fail")
    return next(failed, None)


def _contents(project: Project, fact: TagFact, statement: ReleaseStatement) -> Iterator[Proof]:
    """Check the commit's files against the statement."""
    found = project.objects.get(f"{fact.commit}^{{tree}}")
    tree = "" if found is None else found.oid
    yield _proof(fact, "tree", None if tree == statement.tree else f"its commit has the files of {tree[:7]}")
    try:
        pipeline = evidence(project, fact.commit, staleness=False).pipeline
    except ConfigError as error:
        yield _proof(fact, "files", f"what DVC tracks there cannot be read: {error.message}")
        return
    problems = [_file_problem(project, fact.commit, pipeline, file) for file in statement.files]
    problems.append(_lock_problem(project, fact.commit, pipeline, statement))
    problems.append(_other_files(project, fact, pipeline, statement))
    if not statement.files and statement.lock_sha256 is None and not any(problems):
        yield _skipped(fact, "files", "the release does not state a file")
        return
    yield _proof(fact, "files", "; ".join(filter(None, problems)) or None)


def _other_files(
    project: Project, fact: TagFact, pipeline: Pipeline, statement: ReleaseStatement
) -> str | None:
    """How the stated files and those of the model differ: a release states all of them and no others."""
    path = declared_path(project, fact.name.model, fact.commit)
    if path is None:
        return None
    path = path.rstrip("/")
    stated = {file.path for file in statement.files}
    outputs = outputs_of(path, pipeline.outputs)
    expected = {output.path for output in outputs if output.pointer is not None}
    if not outputs and project.tree(fact.commit).read(path) is not None:
        expected = {path}
    texts = [f"it does not state `{each}`, which is the model's" for each in sorted(expected - stated)]
    texts += [f"it states `{each}`, which is not the model's" for each in sorted(stated - expected)]
    return "; ".join(texts[:3]) or None


def _file_problem(project: Project, commit: str, pipeline: Pipeline, file: FileDigest) -> str | None:
    if file.md5 is None:
        content = project.tree(commit).read(file.path)
        found = None if content is None else sha256_hex(content)
        return None if found is not None and found == file.sha256 else f"`{file.path}` differs there"
    output = next((each for each in pipeline.outputs if each.path == file.path), None)
    pointer = None if output is None else output.pointer
    if pointer is not None and pointer.md5 == file.md5:
        return None
    recorded = "nothing" if pointer is None else pointer.md5
    return f"`{file.path}` was released as {file.md5}, and DVC has {recorded} there"


def _lock_problem(
    project: Project, commit: str, pipeline: Pipeline, statement: ReleaseStatement
) -> str | None:
    if statement.lock_sha256 is None:
        return None
    folders = dict.fromkeys(posixpath.dirname(stage.file) for stage in pipeline.stages)
    tree = project.tree(commit)
    contents = tree.read_many(posixpath.join(folder, "dvc.lock") for folder in folders)
    if statement.lock_sha256 in map(sha256_hex, contents.values()):
        return None
    return "dvc.lock differs there"


def _on_trunk(project: Project, fact: TagFact, state: ModelState) -> Proof:
    trunk = project.trunk
    if trunk is None:
        return _skipped(fact, "trunk", "there is no trunk yet")
    inside = is_ancestor(project.git, fact.commit, trunk.commit)
    if not inside and unshallow(project):
        inside = is_ancestor(project.git, fact.commit, trunk.commit)
    version = version_of_tag(fact, state)
    if not inside and version is not None and not version.version.final and _takes_any(project, fact):
        return _skipped(fact, "trunk", f"{version.version} is a pre-release, whose branch may be gone")
    return _proof(fact, "trunk", None if inside else f"its commit {fact.commit[:7]} is not on {trunk.short}")


def _takes_any(project: Project, fact: TagFact) -> bool:
    """Whether the tag may be on a commit that was never merged: its environment takes pre-releases."""
    if fact.name.action != "assign":
        return True
    environment = project.trunk_config.environments.get(fact.name.environment or "")
    return environment is not None and environment.pre


_PASSED = {
    "name": "the object was made for this name",
    "statement": "its statement is canonical and about this tag",
    "release": "the release that it names is there and is the same",
    "tree": "its commit has the files that it states",
    "files": "the files of the model are those that it states",
    "trunk": "its commit is on trunk",
}


def _proof(fact: TagFact, check: str, problem: str | None) -> Proof:
    if problem is not None:
        return Proof(tag=fact.tag, check=check, state="fail", message=problem)
    return Proof(tag=fact.tag, check=check, state="pass", message=_PASSED[check])


def _skipped(fact: TagFact, check: str, message: str) -> Proof:
    return Proof(tag=fact.tag, check=check, state="skip", message=message)


def _annotated(fact: TagFact) -> Proof:
    who = f"{fact.tagger} <{fact.email}>"
    return Proof(tag=fact.tag, check="annotated", state="pass", message=f"an annotated tag of {who}")


def _is_annotated(project: Project, oid: str) -> bool:
    found = project.objects.get(oid)
    return found is not None and found.type == "tag"
