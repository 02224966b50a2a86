"""Statement: what a tag states, as records and as canonical JSON.

The JSON is an in-toto Statement v1 (https://in-toto.io/Statement/v1) on one line, with sorted keys and
numbers as strings.
"""

from __future__ import annotations

from dataclasses import asdict, field
from typing import TYPE_CHECKING, Literal, get_args

from mlgit.core.digest import sha256_hex
from mlgit.core.record import record
from mlgit.core.strict_json import UNREADABLE, Json, id_of, optional_id, optional_text, read_json, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

EnvironmentAction = Literal["promote", "rollback", "unassign"]
_ACTIONS: dict[str, EnvironmentAction] = {each: each for each in get_args(EnvironmentAction)}

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
RELEASE_TYPE = "https://github.com/mlgit/mlgit/release/v1"
ENVIRONMENT_TYPE = "https://github.com/mlgit/mlgit/environment/v1"
REJECTION_TYPE = "https://github.com/mlgit/mlgit/rejection/v1"
# Parts larger than this are in the statement only by their digest.
_LARGEST_PART_BYTES = 12 * 1024


@record
class TagPointer:
    """A tag by name and object id."""

    tag: str
    oid: str


@record
class FileDigest:
    """A model file; DVC's md5 is not collision-resistant, so sha256 is added when it is known."""

    path: str
    md5: str | None = None
    sha256: str | None = None


@record
class GateOutcome:
    """The outcome of one gate when the tag was written."""

    gate: str
    outcome: str


@record
class Builder:
    """What built the release: a CI run with its address, or `local`."""

    kind: str
    run: str | None = None


# `show` prints these fields elsewhere.
_NOT_IN_JSON = {"json": None}


@record
class ReleaseStatement:
    """What a release tag states. `params` and `metrics` map `file:key` to decimal or plain text.

    `data_elsewhere`: neither Git nor the DVC remote had the model.
    """

    model: str = field(metadata=_NOT_IN_JSON)
    version: str = field(metadata=_NOT_IN_JSON)
    commit: str = field(metadata=_NOT_IN_JSON)
    tree: str
    at: str = field(metadata=_NOT_IN_JSON)
    lock_sha256: str | None = None
    files: tuple[FileDigest, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, str] = field(default_factory=dict)
    gates: tuple[GateOutcome, ...] = ()
    builder: Builder
    previous: TagPointer | None = None
    data_elsewhere: bool = False


@record
class EnvironmentStatement:
    """What a tag of an environment states; `at` is the real time, which the tagger line may not be.

    `release` and `version` are None if the commit is not a registered version. `policy` is the commit of
    trunk whose rules were applied; None in tags of earlier versions of mlgit.
    """

    model: str
    environment: str
    sequence: int
    action: EnvironmentAction
    at: str
    version: str | None = None
    release: TagPointer | None = None
    previous: TagPointer | None = None
    reason: str | None = None
    gates: tuple[GateOutcome, ...] = ()
    policy: str | None = None


@record
class RejectionStatement:
    """What the tag of a rejection states; `release` is the release that is rejected."""

    model: str
    version: str
    release: TagPointer
    at: str
    reason: str | None = None


Statement = ReleaseStatement | EnvironmentStatement | RejectionStatement


def encode(statement: Statement) -> str:
    """Canonical JSON: one line, sorted keys, no spaces, no numbers."""
    if isinstance(statement, ReleaseStatement):
        kind, (subject, predicate) = RELEASE_TYPE, _release_tree(statement)
    elif isinstance(statement, RejectionStatement):
        kind, subject = REJECTION_TYPE, [_tag_subject(statement.release)]
        predicate = {"action": "deregister", **asdict(statement)}
    else:
        kind, (subject, predicate) = ENVIRONMENT_TYPE, _environment_tree(statement)
    return _canonical(
        {"_type": STATEMENT_TYPE, "predicateType": kind, "subject": subject, "predicate": predicate}
    )


def decode(text: str) -> Statement | None:
    """The statement; None if it cannot be understood."""
    try:
        tree = read_json(text)
        kind = tree["predicateType"] if tree["_type"] == STATEMENT_TYPE else None
        if kind == RELEASE_TYPE:
            return _read_release(tree["predicate"], tree["subject"])
        if kind == REJECTION_TYPE:
            return _read_rejection(tree["predicate"])
        return _read_environment(tree["predicate"]) if kind == ENVIRONMENT_TYPE else None
    except UNREADABLE:
        return None


def _canonical(tree: Json) -> str:
    import json

    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # A lone surrogate (from a command line that is not UTF-8, or `\\ud800` in a metric file) has no UTF-8.
    return text.encode("utf-8", "replace").decode()


def _release_tree(statement: ReleaseStatement) -> tuple[Json, Json]:
    """The subjects and the predicate."""
    subjects = [
        {"name": file.path, "digest": _present({"dvcMd5": file.md5, "sha256": file.sha256})}
        for file in statement.files
    ] or [{"name": statement.commit, "digest": {"gitCommit": statement.commit}}]
    return subjects, {
        "model": statement.model,
        "version": statement.version,
        "commit": statement.commit,
        "tree": statement.tree,
        "at": statement.at,
        "dvcLock": _present({"sha256": statement.lock_sha256}),
        "inputs": _small(statement.inputs),
        "params": _small(statement.params),
        "metrics": _small(statement.metrics),
        "gates": [asdict(gate) for gate in statement.gates],
        "builder": _present(asdict(statement.builder)),
        "previous": statement.previous and asdict(statement.previous),
        **({"dataElsewhere": True} if statement.data_elsewhere else {}),
    }


def _environment_tree(statement: EnvironmentStatement) -> tuple[Json, Json]:
    """The subjects and the predicate."""
    release = statement.release
    return [] if release is None else [_tag_subject(release)], {
        "model": statement.model,
        "environment": statement.environment,
        "sequence": str(statement.sequence),
        "action": statement.action,
        "at": statement.at,
        "version": statement.version,
        "release": release and asdict(release),
        "previous": statement.previous and asdict(statement.previous),
        "reason": statement.reason,
        "gates": [asdict(gate) for gate in statement.gates],
        **_present({"policy": statement.policy}),
    }


def _tag_subject(tag: TagPointer) -> Json:
    return {"name": tag.tag, "digest": {"gitTag": tag.oid}}


def _small(values: Mapping[str, str]) -> Json:
    """The values, or their digest if they would fill the message."""
    text = _canonical(dict(values)).encode()
    return dict(values) if len(text) <= _LARGEST_PART_BYTES else {"sha256": sha256_hex(text)}


def _present(values: Mapping[str, str | None]) -> Json:
    return {key: value for key, value in values.items() if value is not None}


def _read_release(predicate: dict[str, Json], subjects: Json) -> ReleaseStatement:
    return ReleaseStatement(
        model=text_of(predicate["model"]),
        version=text_of(predicate["version"]),
        commit=id_of(predicate["commit"]),
        tree=id_of(predicate["tree"]),
        at=text_of(predicate["at"]),
        lock_sha256=optional_text(predicate.get("dvcLock", {}).get("sha256")),
        files=tuple(
            FileDigest(
                path=text_of(subject["name"]),
                md5=optional_text(subject["digest"].get("dvcMd5")),
                sha256=optional_text(subject["digest"].get("sha256")),
            )
            for subject in subjects
            if "gitCommit" not in subject["digest"]
        ),
        inputs=_texts(predicate.get("inputs", {})),
        params=_texts(predicate.get("params", {})),
        metrics=_texts(predicate.get("metrics", {})),
        gates=_read_gates(predicate.get("gates", [])),
        builder=Builder(
            kind=text_of(predicate["builder"]["kind"]), run=optional_text(predicate["builder"].get("run"))
        ),
        previous=_read_pointer(predicate.get("previous")),
        data_elsewhere=predicate.get("dataElsewhere") is True,
    )


def _read_environment(predicate: dict[str, Json]) -> EnvironmentStatement:
    return EnvironmentStatement(
        model=text_of(predicate["model"]),
        environment=text_of(predicate["environment"]),
        sequence=int(text_of(predicate["sequence"])),
        action=action_of(predicate["action"]),
        at=text_of(predicate["at"]),
        version=optional_text(predicate.get("version")),
        release=_read_pointer(predicate.get("release")),
        previous=_read_pointer(predicate.get("previous")),
        reason=optional_text(predicate.get("reason")),
        gates=_read_gates(predicate.get("gates", [])),
        policy=optional_id(predicate.get("policy")),
    )


def _read_rejection(predicate: dict[str, Json]) -> RejectionStatement:
    release = predicate["release"]
    return RejectionStatement(
        model=text_of(predicate["model"]),
        version=text_of(predicate["version"]),
        release=TagPointer(tag=text_of(release["tag"]), oid=id_of(release["oid"])),
        at=text_of(predicate["at"]),
        reason=optional_text(predicate.get("reason")),
    )


def action_of(value: Json) -> EnvironmentAction:
    """The action of that name; a KeyError or TypeError if there is none."""
    return _ACTIONS[value]


def _texts(values: Json) -> dict[str, str]:
    return {text_of(key): text_of(value) for key, value in dict(values).items()}


def _read_pointer(value: Json) -> TagPointer | None:
    return None if value is None else TagPointer(tag=text_of(value["tag"]), oid=id_of(value["oid"]))


def _read_gates(values: Json) -> tuple[GateOutcome, ...]:
    return tuple(GateOutcome(gate=text_of(each["gate"]), outcome=text_of(each["outcome"])) for each in values)
