"""Statement: what a tag message says for people and for machines, written and read.

A message is a human subject, a human paragraph, the line `--- mlgit/v1`, and one line of canonical JSON:
an in-toto Statement v1 (https://in-toto.io/Statement/v1) with sorted keys and numbers as strings. A signature
that git appends covers all of it. Messages that others wrote have no statement; that is never an error.
"""

from __future__ import annotations

import re
from dataclasses import field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mlgit.core.digest import sha256_hex
from mlgit.core.record import record
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

EnvironmentAction = Literal["promote", "rollback", "unassign"]

MARK = "--- mlgit/v1"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
RELEASE_TYPE = "https://github.com/mlgit/mlgit/release/v1"
ENVIRONMENT_TYPE = "https://github.com/mlgit/mlgit/environment/v1"
LARGEST_BYTES = 64 * 1024
# What is bigger than this stands in the statement by its digest only.
_LARGEST_PART_BYTES = 12 * 1024
_RELEASE_BEGINS = f'{{"_type":"{STATEMENT_TYPE}","predicate":{{"at":"'
_RELEASE_ENDS = f'"predicateType":"{RELEASE_TYPE}"'
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

Json = Any
"""What json.loads gives; it does not leave this file."""


@record
class TagPointer:
    """A tag by name and object id."""

    tag: str
    oid: str


@record
class FileDigest:
    """A model file; DVC's md5 is not collision-resistant, so that sha256 stands beside it when known."""

    path: str
    md5: str | None = None
    sha256: str | None = None


@record
class GateOutcome:
    """How one gate came out when the tag was written."""

    gate: str
    outcome: str


@record
class Builder:
    """Who ran it: a CI run with its address, or `local`."""

    kind: str
    run: str | None = None


@record
class ReleaseStatement:
    """What a release tag states. `params` and `metrics` map `file:key` to decimal or plain text."""

    model: str
    version: str
    commit: str
    tree: str
    at: str
    lock_sha256: str | None = None
    files: tuple[FileDigest, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, str] = field(default_factory=dict)
    gates: tuple[GateOutcome, ...] = ()
    builder: Builder
    previous: TagPointer | None = None


@record
class EnvironmentStatement:
    """What a tag of an environment states; `at` is the real time, whatever the tagger line says.

    `release` and `version` are None when the commit is no registered version.
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


Statement = ReleaseStatement | EnvironmentStatement


class Outline(NamedTuple):
    """What is read of a statement when thousands are read; of a release's only the time."""

    at: str
    action: EnvironmentAction | None = None
    version: str | None = None
    reason: str | None = None


def write_message(subject: str, paragraph: str, statement: Statement) -> str:
    """The whole message of a tag, ending with a line break.

    Raises:
        StateError: it would be larger than 64 KiB.
    """
    return _refuse_large(f"{_human(subject, paragraph)}\n{MARK}\n{encode(statement)}\n")


def write_words(subject: str, paragraph: str) -> str:
    """A message that is for people only: nothing in it can be taken for a statement or a signature.

    Raises:
        StateError: it would be larger than 64 KiB.
    """
    return _refuse_large(_human(subject, paragraph))


def encode(statement: Statement) -> str:
    """Canonical JSON: one line, sorted keys, no spaces, no numbers."""
    tree = (
        _release_tree(statement) if isinstance(statement, ReleaseStatement) else _environment_tree(statement)
    )
    return _canonical(tree)


def parse_message(message: str) -> Statement | None:
    """The statement in a tag's message; None when there is none, or none that can be understood."""
    text = _statement_text(message)
    try:
        return None if text is None else _read_statement(_decode(text))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None


def outline(message: str) -> Outline | None:
    """The little of a statement that state and history need; what else it states may even be malformed."""
    text = _statement_text(message)
    if text is None:
        return None
    if text.startswith(_RELEASE_BEGINS) and _RELEASE_ENDS in text:
        # Releases state a lot, and most tags are releases; the time stands where sorting puts it.
        return Outline(text[len(_RELEASE_BEGINS) :].partition('"')[0])
    try:
        return _read_outline(_decode(text))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None


def parse_time(text: str) -> datetime | None:
    """A time as statements write it (`2026-05-03T12:00:00Z`), None when it is none."""
    if _TIME.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def write_time(time: datetime) -> str:
    """A time as statements write it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def human_part(message: str) -> str:
    """What stands before the statement, or the whole message of somebody else's tag, no signature."""
    text = message.partition(f"\n{MARK}\n")[0]
    return text.partition("-----BEGIN ")[0].strip()


def _human(subject: str, paragraph: str) -> str:
    """The subject and, if there is one, the paragraph, each ending with a line break."""
    lines = [_keep_human(line) for line in paragraph.strip().splitlines()]
    return "\n".join([_keep_human(" ".join(subject.split())), *(["", *lines] if lines else []), ""])


def _refuse_large(message: str) -> str:
    if len(message.encode()) > LARGEST_BYTES:
        raise StateError("The tag's message would be larger than 64 KiB", hint="give a shorter `-m TEXT`")
    return message


def _keep_human(line: str) -> str:
    """A line that cannot be taken for the mark or for a signature."""
    text = "".join(char if char.isprintable() else " " for char in line).rstrip()
    return f" {text}" if text.startswith(("---", "#")) else text


def _canonical(tree: Json) -> str:
    import json

    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # Half a character (bytes on the command line that are no UTF-8, `\\ud800` in a metric file) has no UTF-8.
    return text.encode("utf-8", "replace").decode()


def _statement_text(message: str) -> str | None:
    head, mark, rest = message.rpartition(f"\n{MARK}\n")
    return rest.partition("\n")[0] if mark and head and len(rest) <= LARGEST_BYTES else None


def _decode(text: str) -> Json:
    return _decoder()(text)


@cache
def _decoder() -> Callable[[str], Json]:
    import json

    def without_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice")
        return found

    # One for all, because making it takes as long as reading a statement.
    return json.JSONDecoder(object_pairs_hook=without_duplicates).decode


def _read_statement(tree: Json) -> Statement | None:
    if tree["_type"] != STATEMENT_TYPE:
        return None
    if tree["predicateType"] == RELEASE_TYPE:
        return _read_release(tree["predicate"], tree["subject"])
    if tree["predicateType"] == ENVIRONMENT_TYPE:
        return _read_environment(tree["predicate"])
    return None


def _read_outline(tree: Json) -> Outline | None:
    predicate = tree["predicate"]
    if tree["_type"] != STATEMENT_TYPE:
        return None
    if tree["predicateType"] == RELEASE_TYPE:
        return Outline(_text(predicate["at"]))
    if tree["predicateType"] == ENVIRONMENT_TYPE:
        return Outline(
            at=_text(predicate["at"]),
            action=_action(predicate["action"]),
            version=_optional(predicate.get("version")),
            reason=_optional(predicate.get("reason")),
        )
    return None


def _release_tree(statement: ReleaseStatement) -> Json:
    subjects = [
        {"name": file.path, "digest": _present({"dvcMd5": file.md5, "sha256": file.sha256})}
        for file in statement.files
    ] or [{"name": statement.commit, "digest": {"gitCommit": statement.commit}}]
    predicate = {
        "model": statement.model,
        "version": statement.version,
        "commit": statement.commit,
        "tree": statement.tree,
        "at": statement.at,
        "dvcLock": _present({"sha256": statement.lock_sha256}),
        "inputs": _small(statement.inputs),
        "params": _small(statement.params),
        "metrics": _small(statement.metrics),
        "gates": _gates_tree(statement.gates),
        "builder": _present({"kind": statement.builder.kind, "run": statement.builder.run}),
        "previous": _pointer_tree(statement.previous),
    }
    return {
        "_type": STATEMENT_TYPE,
        "predicateType": RELEASE_TYPE,
        "subject": subjects,
        "predicate": predicate,
    }


def _environment_tree(statement: EnvironmentStatement) -> Json:
    release = statement.release
    subject = [] if release is None else [{"name": release.tag, "digest": {"gitTag": release.oid}}]
    predicate = {
        "model": statement.model,
        "environment": statement.environment,
        "sequence": str(statement.sequence),
        "action": statement.action,
        "at": statement.at,
        "version": statement.version,
        "release": _pointer_tree(release),
        "previous": _pointer_tree(statement.previous),
        "reason": statement.reason,
        "gates": _gates_tree(statement.gates),
    }
    return {
        "_type": STATEMENT_TYPE,
        "predicateType": ENVIRONMENT_TYPE,
        "subject": subject,
        "predicate": predicate,
    }


def _small(values: Mapping[str, str]) -> Json:
    """The values themselves, or their digest when they would fill the message."""
    text = _canonical(dict(values)).encode()
    if len(text) <= _LARGEST_PART_BYTES:
        return dict(values)
    return {"sha256": sha256_hex(text)}


def _present(values: Mapping[str, str | None]) -> Json:
    return {key: value for key, value in values.items() if value is not None}


def _pointer_tree(pointer: TagPointer | None) -> Json:
    return None if pointer is None else {"tag": pointer.tag, "oid": pointer.oid}


def _gates_tree(gates: Iterable[GateOutcome]) -> Json:
    return [{"gate": gate.gate, "outcome": gate.outcome} for gate in gates]


def _read_release(predicate: dict[str, Json], subjects: Json) -> ReleaseStatement:
    return ReleaseStatement(
        model=_text(predicate["model"]),
        version=_text(predicate["version"]),
        commit=_text(predicate["commit"]),
        tree=_text(predicate["tree"]),
        at=_text(predicate["at"]),
        lock_sha256=_optional(predicate.get("dvcLock", {}).get("sha256")),
        files=tuple(
            FileDigest(
                path=_text(subject["name"]),
                md5=_optional(subject["digest"].get("dvcMd5")),
                sha256=_optional(subject["digest"].get("sha256")),
            )
            for subject in subjects
            if "gitCommit" not in subject["digest"]
        ),
        inputs=_texts(predicate.get("inputs", {})),
        params=_texts(predicate.get("params", {})),
        metrics=_texts(predicate.get("metrics", {})),
        gates=_read_gates(predicate.get("gates", [])),
        builder=Builder(
            kind=_text(predicate["builder"]["kind"]), run=_optional(predicate["builder"].get("run"))
        ),
        previous=_read_pointer(predicate.get("previous")),
    )


def _read_environment(predicate: dict[str, Json]) -> EnvironmentStatement:
    return EnvironmentStatement(
        model=_text(predicate["model"]),
        environment=_text(predicate["environment"]),
        sequence=int(_text(predicate["sequence"])),
        action=_action(predicate["action"]),
        at=_text(predicate["at"]),
        version=_optional(predicate.get("version")),
        release=_read_pointer(predicate.get("release")),
        previous=_read_pointer(predicate.get("previous")),
        reason=_optional(predicate.get("reason")),
        gates=_read_gates(predicate.get("gates", [])),
    )


def _action(value: Json) -> EnvironmentAction:
    if value == "promote":
        return "promote"
    if value == "rollback":
        return "rollback"
    if value == "unassign":
        return "unassign"
    raise ValueError(value)


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _optional(value: Json) -> str | None:
    return None if value is None else _text(value)


def _texts(values: Json) -> dict[str, str]:
    return {_text(key): _text(value) for key, value in dict(values).items()}


def _read_pointer(value: Json) -> TagPointer | None:
    return None if value is None else TagPointer(tag=_text(value["tag"]), oid=_text(value["oid"]))


def _read_gates(values: Json) -> tuple[GateOutcome, ...]:
    return tuple(GateOutcome(gate=_text(value["gate"]), outcome=_text(value["outcome"])) for value in values)
