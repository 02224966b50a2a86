"""Targets on a full or read-only disk: nothing is half switched, and the error is clear."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.integration.test_bad_disk import limited, mounted
from tests.support.targets import assign, configure, deploy_here, folder_of, lines, releases, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.shell import Folder

BIG_BYTES = 3 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB."""
    yield from mounted(tmp_path / "small", "size=256k")


@pytest.fixture
def big(deployable: Folder) -> Folder:
    """The first version is deployed; the next one has 3 MiB."""
    deploy_here(deployable)
    deployable.write(
        "src/train.py", f"open('models/line.json', 'w').write('{{\"slope\": 2}}' + ' ' * {BIG_BYTES})\n"
    )
    deployable.dvc("repro", "-q")
    commit = deployable.commit("A big model")
    deployable.git("tag", "-a", "line@v2.0.0", "-m", "Release", commit)
    assign(deployable, "v2.0.0")
    return deployable


def test_a_model_that_does_not_fit_leaves_the_old_one_served(big: Folder) -> None:
    done = limited(big, 1 << 20, "deploy", "--env", "prod")
    assert done.status == Exit.TOOL, done.err
    assert "it failed while fetching its files" in done.err
    assert "Traceback" not in done.err
    assert served(folder_of(big)) == "v1.0.0"
    assert releases(folder_of(big)) == ["v1.0.0"]
    assert deploy_here(big).state == "deployed"


def test_a_journal_that_cannot_grow_stops_the_deployment_at_once(big: Folder) -> None:
    journal = folder_of(big) / "deployments" / "prod.jsonl"
    before = journal.read_bytes()
    done = limited(big, len(before) + 20, "deploy", "--env", "prod")
    assert done.status == Exit.TOOL, done.err
    assert "it failed before anything was changed" in done.err
    assert journal.read_bytes() == before
    assert served(folder_of(big)) == "v1.0.0"


def test_a_journal_that_is_full_after_the_fetch_leaves_the_old_one_served(big: Folder) -> None:
    """The line about the fetch no longer fits: nothing is switched that cannot be recorded."""
    journal = folder_of(big) / "deployments" / "prod.jsonl"
    shutil.rmtree(big / ".dvc" / "tmp", ignore_errors=True)
    assign(big, "v1.0.1")
    done = limited(big, journal.stat().st_size + 500, "deploy", "--env", "prod")
    assert done.status == Exit.TOOL, done.err
    assert "it failed while fetching its files" in done.err
    assert served(folder_of(big)) == "v1.0.0"
    assert lines(folder_of(big))[-1]["step"] == "intent"
    assert deploy_here(big).state == "deployed"


def test_a_disk_that_is_too_small_keeps_the_served_release(big: Folder, small_disk: Path) -> None:
    configure(big, f"deploy:\n  prod: {{target: local, path: '{small_disk}/{{model}}'}}\n")
    assign(big, "v1.0.0")
    deploy_here(big)
    assign(big, "v2.0.0")
    done = big.here("deploy", "--env", "prod")
    assert done.status == Exit.TOOL, done.err
    assert "was not deployed: there is no space left for `" in done.err
    assert (done.err.lower().count("space left"), ".incoming" in done.err) == (1, False)
    assert "still served: v1.0.0" in done.err
    place = small_disk / "line"
    assert served(place) == "v1.0.0"
    assert releases(place) == ["v1.0.0"]
    assert lines(place)[-1]["step"] == "failed"
    assert lines(place)[-1]["error"] == f"There is no space left for `{place}`"
    assign(big, "v1.0.1")
    assert deploy_here(big).state == "deployed"
    assert served(place) == "v1.0.1"


def test_a_read_only_target_is_an_error_and_unchanged(deployable: Folder, tmp_path: Path) -> None:
    made = mounted(tmp_path / "disk", "size=256k")
    disk = next(made)
    try:
        configure(deployable, f"deploy:\n  prod: {{target: local, path: '{disk}/{{model}}'}}\n")
        deploy_here(deployable)
        deployable.ok("mount", "-o", "remount,ro", str(disk))
        assert deploy_here(deployable).state == "already"
        assign(deployable, "v1.0.1")
        done = deployable.here("deploy", "--env", "prod")
        assert done.status == Exit.TOOL, done.out
        assert "read-only file system" in done.err
        assert "Traceback" not in done.err
        assert served(disk / "line") == "v1.0.0"
    finally:
        next(made, None)


def test_a_target_below_a_file_is_an_error(deployable: Folder) -> None:
    deployable.write("served", "a file")
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.TOOL
    assert "served" in done.err
    assert (deployable / "served").read_text() == "a file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_target_of_another_user_is_an_error(deployable: Folder) -> None:
    folder_of(deployable).mkdir(parents=True, mode=0o555)
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.TOOL
    assert "must be able to write there" in done.err
