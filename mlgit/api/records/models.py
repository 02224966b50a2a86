"""Models: the types of `mlgit models --json`."""

from typing import Literal, NotRequired, TypedDict


class Version(TypedDict):
    """A version: the tag of its release."""

    version: str
    tag: str
    oid: str
    commit: str
    registered_at: str
    author: str
    deregistered: bool
    environments: list[str]
    refused: NotRequired[str | None]


class Served(TypedDict):
    """What the environment's target serves, if it is a folder on this machine; None if it is not known."""

    folder: str
    label: str | None
    commit: str | None
    since: str | None
    matches: bool
    damaged: bool
    problem: NotRequired[str | None]
    later: NotRequired[str | None]


class Environment(TypedDict):
    """What an environment holds of a model."""

    environment: str
    declared: bool
    label: str | None
    version: str | None
    commit: str | None
    since: str | None
    author: str | None
    held: bool
    known: NotRequired[Literal["yes", "no"]]
    refused: NotRequired[str | None]
    counts: NotRequired[str | None]
    served: NotRequired[Served | None]


class Model(TypedDict):
    """A model with its latest version."""

    name: str
    path: str | None
    declared: bool
    deprecated: bool
    versions: int
    latest: Version | None
    environments: list[Environment]
    known: NotRequired[Literal["yes", "no"]]
    verified: NotRequired[bool]


class Known(TypedDict):
    """Whether this clone takes all tags of its remote; otherwise why not, and the command that changes it."""

    known: Literal["yes", "no"]
    why: str | None
    repair: str | None


class ModelsRecord(TypedDict):
    """The document of `mlgit models --json`."""

    schema_version: Literal[1]
    models: list[Model]
    environments: list[str]
    remote: str | None
    tags_as_of: str | None
    told_at: str
    tags_known: NotRequired[Known]
    notes: NotRequired[list[str]]
