"""Fixtures: a pinned environment, and real repositories that are built once per run and copied per test."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests.support import dvc_small, pipeline, pull_request, registry, targets, tumor
from tests.support import tracked as data
from tests.support.forge import started
from tests.support.sampled import left_out
from tests.support.shell import Folder, pinned_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of long tables only a sample runs where the whole suite does, or it would take half an hour."""
    left = {*left_out(items)}
    if left:
        config.hook.pytest_deselected(items=[*left])
        items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session", autouse=True)
def _pinned_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """HOME, identity and dates are the same on every machine."""
    home = tmp_path_factory.mktemp("home")
    # Without what git does for the disk and in the background, a tenth of the tests' time.
    (home / ".gitconfig").write_text(
        '[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n'
        "[core]\n\tautocrlf = false\n\tfsync = none\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
        "[receive]\n\tautoGC = false\n[advice]\n\tdetachedHead = false\n",
        encoding="utf-8",
    )
    before = dict(os.environ)
    pinned = pinned_environment(home)
    os.environ.clear()
    os.environ.update(pinned)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session", autouse=True)
def _accept_ctrl_c() -> None:
    """Background jobs of a shell ignore Ctrl-C, and so would every program of a test."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of this run."""
    base = tmp_path_factory.getbasetemp()
    return base if "PYTEST_XDIST_WORKER" not in os.environ else base.parent


@pytest.fixture(scope="session")
def pipeline_template(shared_folder: Path) -> Path:
    """The template of tests/support/pipeline.py, built by the first worker."""
    place = shared_folder / "pipeline-template"
    with FileLock(f"{place}.lock"):
        if not (place / "work" / "dvc.lock").exists():
            pipeline.build(place)
    return place


@pytest.fixture
def project(pipeline_template: Path, tmp_path: Path) -> Folder:
    """A clone of a small DVC project: pipeline run, pushed, clean; its own origin and DVC remote."""
    return pipeline.copy(pipeline_template, tmp_path / "project")


@pytest.fixture(scope="session")
def staged_template(shared_folder: Path, pipeline_template: Path) -> Path:
    """The template with v1.0.0 in staging, built by the first worker."""
    place = shared_folder / "staged-template"
    with FileLock(f"{place}.lock"):
        if not (place / "built").exists():
            registry.stage(pipeline.copy(pipeline_template, place))
            (place / "built").touch()
    return place


@pytest.fixture
def staged(staged_template: Path, tmp_path: Path) -> Folder:
    """The project of tests/support/pipeline.py whose v1.0.0 is in staging."""
    return pipeline.copy(staged_template, tmp_path / "project")


@pytest.fixture(scope="session")
def released_template(shared_folder: Path, pipeline_template: Path) -> Path:
    """The template with three releases and `deploy:`, built by the first worker."""
    place = shared_folder / "released-template"
    with FileLock(f"{place}.lock"):
        if not (place / "built").exists():
            targets.build(pipeline.copy(pipeline_template, place))
            (place / "built").touch()
    return place


@pytest.fixture
def deployable(released_template: Path, tmp_path: Path) -> Folder:
    """The project of tests/support/targets.py: `prod` has the first of three releases, not deployed yet."""
    return pipeline.copy(released_template, tmp_path / "project")


@pytest.fixture(scope="session")
def proposed_template(shared_folder: Path, pipeline_template: Path) -> Path:
    """The template with a branch pushed for a pull request."""
    place = shared_folder / "proposed-template"
    with FileLock(f"{place}.lock"):
        if not (place / "built").exists():
            pull_request.build(pipeline.copy(pipeline_template, place))
            (place / "built").touch()
    return place


@pytest.fixture(scope="session")
def tumor_template(shared_folder: Path) -> Path:
    """The project with the names of the pages, built by the first worker."""
    place = shared_folder / "tumor-template"
    with FileLock(f"{place}.lock"):
        if not (place / "built").exists():
            tumor.build(place)
            (place / "built").touch()
    return place


@pytest.fixture(scope="session")
def live_template(shared_folder: Path, tumor_template: Path) -> Path:
    """The same with three versions that went to `prod`, built by the first worker."""
    place = shared_folder / "live-template"
    with FileLock(f"{place}.lock"):
        if not (place / "live").exists():
            tumor.go_live(pipeline.copy(tumor_template, place))
            (place / "live").touch()
    return place


@pytest.fixture
def pull(proposed_template: Path, tmp_path: Path) -> Iterator[pull_request.PullRequest]:
    """A pull request with a better model, its results committed and pushed."""
    with started() as forge:
        yield pull_request.PullRequest.proposed(proposed_template, tmp_path, forge)


@pytest.fixture
def empty_repository(tmp_path: Path) -> Folder:
    """A Git repository without a commit."""
    folder = Folder(tmp_path / "empty")
    folder.path.mkdir()
    folder.git("init", "-q", "-b", "main")
    return folder


@pytest.fixture(scope="session")
def small_template(shared_folder: Path) -> Path:
    """The template of tests/support/dvc_small.py, built by the first worker."""
    place = shared_folder / "small-template"
    with FileLock(f"{place}.lock"):
        if not (place / "built").exists():
            dvc_small.build(place / "work")
            (place / "built").touch()
    return place


@pytest.fixture
def small(small_template: Path, tmp_path: Path) -> Folder:
    """A copy of it."""
    shutil.copytree(small_template / "work", tmp_path / "small", symlinks=True)
    return Folder(tmp_path / "small")


@pytest.fixture(scope="session")
def tracked_template(shared_folder: Path) -> Path:
    """The template of tests/support/tracked.py, built by the first worker."""
    place = shared_folder / "tracked-template"
    with FileLock(f"{place}.lock"):
        if not (place / "built").exists():
            data.build(place)
            (place / "built").touch()
    return place


@pytest.fixture
def tracked(tracked_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A copy of it that was looked at once; a file is known for sure soon after it was touched."""
    from mlgit.adapters.dvc.data import fingerprints

    monkeypatch.setattr(fingerprints, "RACY_NS", int(data.TICK_S * 1e9))
    shutil.copytree(tracked_template / "work", tmp_path / "work", symlinks=True)
    folder = Folder(tmp_path / "work")
    data.settle()
    assert data.states(folder) == {}
    return folder


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> data.Work:
    """Watches what is hashed and opened, without changing anything."""
    return data.Work(monkeypatch)


@pytest.fixture(params=["by find", "by scandir"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Directories are listed by `find` in the background, or by ourselves."""
    from mlgit.adapters.dvc.data import listing
    from mlgit.project import prefetch as seen

    if request.param == "by find":
        monkeypatch.setattr(seen, "LARGE", 1)
    else:
        monkeypatch.setattr(listing, "_FIND", ())
