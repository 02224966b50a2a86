"""Provenance: the files, inputs, params, metrics, gates and builder that a release states."""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING

from mlgit.core.addresses import without_passwords
from mlgit.core.digest import sha256_hex
from mlgit.core.pipeline.model_files import connected_stages, files_of_model, outputs_of
from mlgit.core.registry.statement import Builder, FileDigest, ReleaseStatement, TagPointer
from mlgit.core.release.stated_values import LEFT_OUT, compare_stated
from mlgit.core.stated_time import write_time
from mlgit.core.wording import word
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.core.pipeline.evidence import Evidence, MetricFile
    from mlgit.core.pipeline.stages import Output, Pipeline, Stage
    from mlgit.core.registry.semver import Version
    from mlgit.core.registry.state import ModelState
    from mlgit.core.registry.statement import GateOutcome
    from mlgit.core.release.stated_values import Stated
    from mlgit.project.open import Project

_CHUNK = 1 << 20
_MOST = 3
_SECRET = re.compile(
    r"(?:^|[._:-])(?:password|passwd|passphrase|secret|credentials?|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|(?:api|access|auth|bearer|hf|github|gitlab)[_-]?token|token)$",
    re.IGNORECASE,
)


def release_statement(  # noqa: PLR0913 (what the statement has)
    project: Project,
    state: ModelState,
    version: Version,
    commit: str,
    *,
    tagged: str,
    path: str | None,
    gates: tuple[GateOutcome, ...],
    ci: Mapping[str, str],
    data_elsewhere: bool = False,
) -> ReleaseStatement:
    """Describe a commit as a version of a model.

    `state` is the model before this release. `tagged` is the commit that gets the tag: `commit` or an empty
    one after it. `path` is None if none is declared. `ci` are the environment variables of a CI.
    `data_elsewhere`: neither Git nor the DVC remote has the model.
    """
    found = evidence(project, commit)
    stages = upstream_stages(found.pipeline, path)
    output = output_of(found.pipeline, path)
    lock = _lock_file(stages, output)
    content = None if lock is None else project.tree(commit).read(lock)
    newest = max(state.versions, key=lambda each: each.fact.tagged_at_s, default=None)
    return ReleaseStatement(
        model=state.name,
        version=str(version),
        commit=tagged,
        tree=project.git.run_text("rev-parse", f"{commit}^{{tree}}"),
        at=write_time(project.now),
        lock_sha256=None if content is None else sha256_hex(content),
        files=model_files(project, commit, path, found.pipeline),
        inputs=_inputs(stages, found.pipeline),
        params=_params(stages),
        metrics=_metrics(project, found, state.name),
        gates=gates,
        builder=builder(ci),
        previous=None if newest is None else TagPointer(tag=newest.tag, oid=newest.oid),
        data_elsewhere=data_elsewhere,
    )


def stated_otherwise(
    project: Project, statement: ReleaseStatement, commit: str, *, path: str | None
) -> str | None:
    """What a release states of inputs, parameters and metrics that its commit has otherwise; None if nothing.

    What is not here, or was left out as a secret, says nothing.

    Raises:
        ConfigError: the commit has an invalid DVC file, or its `mlgit.yaml` is invalid.
    """
    parts = compare_release(project, statement, commit, path=path).values()
    differing = sorted((name, each) for part in parts for name, each in part.items() if each.differs)
    texts = (
        f"it states {word(name)} {each.text}, and its commit has {each.there or 'none'}"
        for name, each in differing[:_MOST]
    )
    return "; ".join(texts) or None


def compare_release(
    project: Project, statement: ReleaseStatement, commit: str, *, path: str | None
) -> Mapping[str, Mapping[str, Stated]]:
    """The `metrics`, `params` and `inputs` that a release states, next to those of its commit.

    Raises:
        ConfigError: the commit has an invalid DVC file, or its `mlgit.yaml` is invalid.
    """
    found = evidence(project, commit, staleness=False)
    stages = upstream_stages(found.pipeline, path)
    metrics = _metrics(project, found, statement.model)
    complete = all(file.values for file in found.metric_files)
    return {
        "metrics": compare_stated(statement.metrics, metrics, complete=complete),
        "params": compare_stated(statement.params, _params(stages)),
        "inputs": compare_stated(statement.inputs, _inputs(stages, found.pipeline)),
    }


def upstream_stages(pipeline: Pipeline, path: str | None) -> tuple[Stage, ...]:
    """The stages that make a model and its metrics; every stage if the model's path is not declared."""
    if path is None:
        return pipeline.stages
    addresses = connected_stages(path, pipeline)
    return tuple(stage for stage in pipeline.stages if stage.address in addresses)


def output_of(pipeline: Pipeline, path: str | None) -> Output | None:
    """The DVC output that is the model or contains it."""
    outputs = {output.path: output for output in pipeline.outputs}
    while path:
        if path in outputs:
            return outputs[path]
        path = posixpath.dirname(path)
    return None


def lock_path(pipeline: Pipeline, path: str | None) -> str | None:
    """The dvc.lock whose digest a release of the model states."""
    return _lock_file(upstream_stages(pipeline, path), output_of(pipeline, path))


def builder(ci: Mapping[str, str]) -> Builder:
    """The CI run, or `local`."""
    if ci.get("GITHUB_ACTIONS") == "true":
        server, repository = ci.get("GITHUB_SERVER_URL", ""), ci.get("GITHUB_REPOSITORY", "")
        run = f"{server}/{repository}/actions/runs/{ci.get('GITHUB_RUN_ID', '')}"
        return Builder(kind="github", run=without_passwords(run))
    if ci.get("GITLAB_CI") == "true":
        return Builder(kind="gitlab", run=without_passwords(ci.get("CI_JOB_URL", "")))
    return Builder(kind="local")


def looks_secret(name: str) -> bool:
    """Whether a parameter is named like a password or an access token (`max_tokens` is not)."""
    return _SECRET.search(name) is not None


def model_files(
    project: Project, commit: str, path: str | None, pipeline: Pipeline
) -> tuple[FileDigest, ...]:
    """The outputs that are the model, contain it or are in it; otherwise its file in Git."""
    if path is None:
        return ()
    outputs = outputs_of(path, pipeline.outputs)
    if not outputs:
        content = project.tree(commit).read(path)
        return () if content is None else (FileDigest(path=path, sha256=sha256_hex(content)),)
    files = []
    for output in outputs:
        pointer = output.pointer
        if pointer is not None:
            whole = not pointer.directory and (output.path == path or output.path.startswith(f"{path}/"))
            sha256 = _sha256_if(os.path.join(project.root, output.path), pointer.md5) if whole else None
            files.append(FileDigest(path=output.path, md5=pointer.md5, sha256=sha256))
    return tuple(files)


def _sha256_if(place: str, expected_md5: str) -> str | None:
    """The sha256 of a file on disk; None if its md5 differs or it cannot be read."""
    from hashlib import md5, sha256

    strong, weak = sha256(), md5(usedforsecurity=False)
    try:
        with open(place, "rb") as file:
            while chunk := file.read(_CHUNK):
                strong.update(chunk)
                weak.update(chunk)
    except OSError:
        return None
    return strong.hexdigest() if weak.hexdigest() == expected_md5 else None


def _lock_file(stages: Iterable[Stage], output: Output | None) -> str | None:
    """The dvc.lock next to the dvc.yaml that makes the model."""
    for stage in stages:
        if output is None or stage.address == output.owner:
            return posixpath.join(posixpath.dirname(stage.file), "dvc.lock")
    return None


def _inputs(stages: tuple[Stage, ...], pipeline: Pipeline) -> dict[str, str]:
    """Data and code that stages read but no stage writes: path -> digest."""
    made = {out.path for stage in pipeline.stages for out in stage.outs}
    inputs = {}
    for stage in stages:
        for path, pointer in stage.locked.deps.items() if stage.locked else ():
            if pointer is not None and path not in made:
                inputs[without_passwords(path)] = f"md5:{pointer.md5}"
    return inputs


def _params(stages: tuple[Stage, ...]) -> dict[str, str]:
    params = {}
    for stage in stages:
        for file, values in stage.locked.params.items() if stage.locked else ():
            for key, value in values.items():
                name = f"{file}:{key}"
                params[name] = LEFT_OUT if looks_secret(name) else as_text(value)
    return params


def _metrics(project: Project, found: Evidence, model: str) -> dict[str, str]:
    config = project.config(found.commit)
    declared = config.models.get(model)
    files: tuple[MetricFile, ...] = files_of_model(declared, found, alone=len(config.models) <= 1)
    return {f"{file.path}:{key}": as_text(value) for file in files for key, value in file.values.items()}


def as_text(value: object) -> str:
    """A value as decimal or plain text; a list as JSON."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        import json

        return without_passwords(json.dumps(value, sort_keys=True, default=str))
    return without_passwords(str(value))
