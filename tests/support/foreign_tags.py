"""Foreign tags: histories of tags that other tools could have written, drawn by Hypothesis.

Like GTO's, they have one version per commit and model, and names that GTO accepts. Some have what GTO reads
but never writes: counters per environment, no counters, a clock that jumps.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from hypothesis import strategies as st

from tests.support.tag_import import START_S, NewTag, import_tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.shell import Folder

MODELS = ("net", "sub:net", "a/b")
ENVIRONMENTS = ("prod", "eu/dev")
VERSIONS = ("v1.0.0", "v1.2.0", "v1.10.0", "v2.0.0-rc.1", "v2.0.0")
COMMITS = 6

Kind = Literal["register", "deregister", "assign", "unassign", "deprecate"]
_KINDS: tuple[Kind, ...] = (
    "register",
    "register",
    "assign",
    "assign",
    "assign",
    "unassign",
    "deregister",
    "deprecate",
)


@dataclass(frozen=True, slots=True)
class Step:
    """A change to try; it happens if the history so far allows it."""

    kind: Kind
    model: str
    environment: str
    version: str
    commit: int
    counted: bool
    seconds: int


@dataclass(slots=True)
class History:
    """The tags of a history, oldest first: name, number of the commit, seconds after the start."""

    tags: list[tuple[str, int, int]] = field(default_factory=list)
    releases: dict[tuple[str, str], int] = field(default_factory=dict)

    def counter(self, model: str) -> int:
        """The next counter as GTO counts it, over all tags of the model."""
        name = model.replace(":", "=")
        mine = (tag for tag, _, _ in self.tags if tag.startswith((f"{name}@", f"{name}#")))
        return 1 + max((_counter(tag) for tag in mine), default=0)

    def on(self, model: str, commit: int) -> str | None:
        """The version of a commit."""
        return next((v for (m, v), c in self.releases.items() if (m, c) == (model, commit)), None)

    def add(self, tag: str, commit: int, seconds: int) -> None:
        """Add a tag, unless its name is in use or git cannot keep both names."""
        others = [name for name, _, _ in self.tags]
        if tag not in others and not any(
            f"{a}/".startswith(f"{b}/") for x in others for a, b in ((tag, x), (x, tag))
        ):
            self.tags.append((tag, commit, seconds))

    def in_time(self) -> History:
        """The same history with the right times, seconds apart."""
        return replace(
            self, tags=[(tag, commit, 10 * place) for place, (tag, commit, _) in enumerate(self.tags)]
        )

    def write(self, folder: Folder, commits: Sequence[str]) -> None:
        """Make these tags the only ones of a repository."""
        names = folder.git("for-each-ref", "--format=delete %(refname)", "refs/tags")
        done = folder.run("git", "update-ref", "--stdin", stdin=f"{names}\n" if names else "")
        assert done.status == 0, done.err
        import_tags(folder, [NewTag(tag, commits[at], START_S + seconds) for tag, at, seconds in self.tags])


def played(steps: Sequence[Step]) -> History:
    """The history after these steps."""
    history = History()
    for step in steps:
        name = step.model.replace(":", "=")
        counter = f"#{history.counter(step.model)}" if step.counted else ""
        if step.kind == "register":
            taken = history.releases.get((step.model, step.version))
            if taken is None and history.on(step.model, step.commit) is None:
                history.releases[step.model, step.version] = step.commit
                history.add(f"{name}@{step.version}", step.commit, step.seconds)
        elif step.kind == "deregister":
            at = history.releases.get((step.model, step.version))
            if at is not None:
                history.add(f"{name}@{step.version}!", at, step.seconds)
        elif step.kind == "deprecate":
            history.add(f"{name}@deprecated{counter}", step.commit, step.seconds)
        else:
            cancel = "!" if step.kind == "unassign" else ""
            history.add(f"{name}#{step.environment}{cancel}{counter}", step.commit, step.seconds)
    return history


def steps() -> st.SearchStrategy[list[Step]]:
    """Random steps."""
    return st.lists(
        st.builds(
            Step,
            kind=st.sampled_from(_KINDS),
            model=st.sampled_from(MODELS),
            environment=st.sampled_from(ENVIRONMENTS),
            version=st.sampled_from(VERSIONS),
            commit=st.integers(0, COMMITS - 1),
            counted=st.sampled_from((True, True, True, False)),
            seconds=st.integers(0, 1_000_000),
        ),
        max_size=20,
    )


def _counter(tag: str) -> int:
    number = tag.rpartition("#")[2]
    return int(number) if number.isdigit() else 0
