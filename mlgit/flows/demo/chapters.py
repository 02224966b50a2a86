"""Demo chapters: the commands and edits of the demo, with their narration."""

from __future__ import annotations

from mlgit.core.record import NamedTuple

REPOSITORY, ORIGIN = "project", "origin.git"


class Run(NamedTuple):
    """A command line as a person would type it, and its expected exit code."""

    command: str
    expected: int = 0


class Edit(NamedTuple):
    """A change of one line in a file of the project."""

    path: str
    old: str
    new: str


class Chapter(NamedTuple):
    """A few steps under a title; `folder` is where they run, below the demo's folder."""

    title: str
    text: str
    steps: tuple[Run | Edit, ...]
    folder: str = REPOSITORY


CREATE = (
    Chapter(
        "A project: Git origin, clone, DVC remote, pipeline, gates",
        "All in {folder}: the origin is a bare repository, the DVC remote a directory.",
        (
            Run("python src/fetch.py"),
            Run("dvc init --quiet"),
            Run("dvc remote add --default storage ../storage"),
            Run("dvc add data/raw.csv"),
            Run("git add ."),
            Run("git commit --quiet -m 'Describe the pipeline, the gates and the environments'"),
            Run("git push --quiet --set-upstream origin main"),
        ),
    ),
)

WALK = (
    Chapter(
        "Run the pipeline",
        "prepare, train, evaluate. DVC runs what is stale; mlgit ends with the change and the verdict.",
        (
            Run("mlgit run"),
            Run("git add ."),
            Run("git commit --quiet -m 'Train the first model'"),
            Run("mlgit push"),
        ),
    ),
    Chapter(
        "Check, release v1.0.0, promote it to staging and to prod",
        "A release and a promotion are annotated Git tags that GTO and DVC can also read.",
        (
            Run("mlgit check"),
            Run("mlgit release tumor"),
            Run("mlgit promote tumor --to staging"),
            Run("mlgit promote tumor --to prod"),
        ),
    ),
    Chapter(
        "A branch with a worse model",
        "Nearest neighbours get more tumours right (accuracy rises), but rank them worse. The gates see it.",
        (
            Run("git switch --quiet --create neighbours"),
            Edit("params.yaml", "model: logistic", "model: neighbours"),
            Run("mlgit run", expected=1),
            Run("git commit --quiet --all -m 'Try nearest neighbours'"),
            Run("mlgit check --explain auc-vs-prod", expected=1),
            Run("mlgit report --format markdown", expected=1),
        ),
    ),
    Chapter(
        "A branch with a better one",
        "The logistic model with a weaker penalty, from main again.",
        (
            Run("git switch --quiet main"),
            Run("git switch --quiet --create weaker-penalty"),
            Edit("params.yaml", "C: 0.01", "C: 1"),
            Run("mlgit run"),
            Run("git commit --quiet --all -m 'Weaken the penalty'"),
            Run("mlgit check"),
            Run("mlgit push"),
        ),
    ),
    Chapter(
        "Merge it, release v1.1.0, promote it",
        "On GitHub or GitLab the merge is a button; here it is the same command without a forge.",
        (
            Run("git switch --quiet main"),
            Run("git merge --quiet --no-ff -m 'Merge branch weaker-penalty' weaker-penalty"),
            Run("git push --quiet"),
            Run("mlgit release tumor --bump minor"),
            Run("mlgit promote tumor --to staging"),
            Run("mlgit promote tumor --to prod"),
            Run("mlgit models"),
        ),
    ),
    Chapter(
        "Three in the morning: roll prod back",
        "One command; staging keeps v1.1.0, and prod is held until someone promotes again.",
        (
            Run("mlgit rollback tumor --env prod -m 'Ward 3 reports missed tumours'"),
            Run("mlgit status"),
            Run("mlgit history tumor"),
        ),
    ),
)
