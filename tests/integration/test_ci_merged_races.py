"""`mlgit ci merged` when runs overlap or are killed, or people change the environments meanwhile."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.progress import Silent
from mlgit.errors import Exit
from mlgit.flows.ci import merged as ci_merged
from mlgit.project.registry.read import read_registry
from tests.support import pipeline
from tests.support.checkouts import BOT, gitlab_checkout
from tests.support.registry import clone, close_all, hook, opened, origin, tags_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgit.core.ci.merged import Merged
    from mlgit.core.registry.state import ModelState
    from tests.support.shell import Folder

ARGV = (sys.executable, "-m", "mlgit", "ci", "merged", "--json")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


def retrain(project: Folder, slope: str) -> str:
    pipeline.train(project, slope)
    commit = project.commit(f"Slope {slope}")
    project.git("push", "-q", "origin", "HEAD:main")
    return commit


def run(runner: Folder) -> Merged:
    """Run the flow in this process, so that the test can interrupt it."""
    return ci_merged.merged(opened(runner), ci=BOT, progress=Silent())


def state_of(project: Folder) -> ModelState:
    """The state of the model on the origin."""
    fresh = clone(project, f"look{time.monotonic_ns()}")
    return read_registry(opened(fresh)).model("line")


def outcomes(record: Merged) -> list[tuple[str | None, str, str | None]]:
    return [(step.environment, step.outcome, step.version) for step in record.steps]


def once_before(monkeypatch: pytest.MonkeyPatch, name: str, happens: Callable[[], object]) -> None:
    """Run something right before the flow calls an operation for the first time."""
    verb = getattr(ci_merged, name)
    calls: list[object] = []

    def interrupted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (whatever the verb takes)
        if not calls:
            calls.append(happens())
        return verb(*args, **kwargs)

    monkeypatch.setattr(ci_merged, name, interrupted)


def test_a_run_that_is_killed_between_release_and_promotion_is_finished_by_the_next(
    project: Folder,
) -> None:
    runner = gitlab_checkout(project, "runner")
    pid = project.path.parent / "pid"
    hook(project, "post-receive", f"kill -9 $(cat {pid})")
    process = subprocess.Popen(ARGV, cwd=runner.path, env=os.environ | BOT, stdout=subprocess.DEVNULL)
    pid.write_text(str(process.pid), encoding="utf-8")
    assert process.wait(timeout=120) == -signal.SIGKILL
    assert sorted(tags_of(origin(project))) == ["line@v1.0.0"]
    hook(project, "post-receive", "true")
    done = runner.here("ci", "merged", env=BOT)
    assert done.status == Exit.DONE, done.err
    assert sorted(tags_of(origin(project))) == ["line#staging#1", "line@v1.0.0"]
    assert "already   release line@v1.0.0" in done.out
    assert "done      promote line@v1.0.0 to staging" in done.out


def test_runs_killed_at_any_step_leave_a_state_that_the_next_one_finishes(project: Folder) -> None:
    shims = project.path.parent / "shims"
    shims.mkdir()
    calls = project.path.parent / "calls"
    # git's children, too: a runner that shuts down kills all processes.
    dying = (
        f'#!/bin/sh\necho x >>"{calls}"\nif [ "$(wc -l <"{calls}")" -ge "$LAST" ]; then kill -9 0; fi\n'
        f'exec "{shutil.which("git")}" "$@"\n'
    )
    (shims / "git").write_text(dying, encoding="utf-8")
    (shims / "git").chmod(0o755)
    path = {"PATH": f"{shims}{os.pathsep}{os.environ['PATH']}"}

    def run_until(last: int) -> tuple[int, int]:
        """The status of a run that is killed at its nth call of git, and the number of calls."""
        calls.write_text("", encoding="utf-8")
        process = subprocess.run(
            ARGV,
            cwd=gitlab_checkout(project, f"killed{last}").path,
            env=os.environ | BOT | path | {"LAST": str(last)},
            capture_output=True,
            start_new_session=True,
            check=False,
        )
        return process.returncode, calls.read_text(encoding="utf-8").count("x")

    assert [run_until(last) for last in (10, 16, 22, 28)] == [
        (-signal.SIGKILL, last) for last in (10, 16, 22, 28)
    ]
    done = gitlab_checkout(project, "last").here("ci", "merged", env=BOT)
    assert done.status == Exit.DONE, done.err
    assert sorted(tags_of(origin(project))) == ["line#staging#1", "line@v1.0.0"]


def test_runners_at_once_release_one_version_and_promote_it_once(project: Folder) -> None:
    runners = [gitlab_checkout(project, f"runner{number}") for number in range(4)]
    processes = [
        subprocess.Popen(
            ARGV,
            cwd=runner.path,
            # The same change by the same person in the same second would be the same tag.
            env=os.environ | {"GIT_COMMITTER_NAME": f"bot {number}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number, runner in enumerate(runners)
    ]
    answers = [(process.communicate(timeout=240), process.returncode) for process in processes]
    assert [status for _, status in answers] == [Exit.DONE] * 4, answers
    theirs = tags_of(origin(project))
    assert sorted(theirs) == ["line#staging#1", "line@v1.0.0"]
    for runner in runners:
        assert tags_of(runner).items() <= theirs.items()


def test_two_merges_at_once_end_with_the_newer_model_in_the_environment(project: Folder) -> None:
    first = gitlab_checkout(project, "first")
    retrain(project, "2.005")
    second = gitlab_checkout(project, "second")
    running = []
    for number, runner in enumerate((first, second)):
        running.append(
            subprocess.Popen(
                ARGV,
                cwd=runner.path,
                env=os.environ | {"GIT_COMMITTER_NAME": f"bot {number}"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    tip = retrain(project, "2.001")
    answers = [(process.communicate(timeout=240), process.returncode) for process in running]
    assert [status for _, status in answers] == [Exit.DONE] * 2, answers
    # The run of the third merge.
    assert gitlab_checkout(project, "third").here("ci", "merged", env=BOT).status == Exit.DONE
    state = state_of(project)
    assert state.environment("staging").commit == tip
    assert state.environment("staging").version == state.latest
    commits = [version.commit for version in state.versions]
    assert len(commits) == len(set(commits))


def test_a_merge_meanwhile_is_released_by_the_same_run(
    project: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = gitlab_checkout(project, "runner")
    tips: list[str] = []
    once_before(monkeypatch, "release", lambda: tips.append(retrain(project, "2.001")))
    record = run(runner)
    assert record.commit == tips[0]
    assert outcomes(record) == [
        (None, "done", "v1.0.0"),
        (None, "done", "v1.1.0"),
        ("staging", "done", "v1.0.0"),
        ("staging", "done", "v1.1.0"),
    ]
    assert record.current == ("line#staging#2",)
    assert state_of(project).environment("staging").commit == tips[0]


def test_a_manual_release_meanwhile_is_accepted(project: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    once_before(monkeypatch, "release", lambda: project.here("release", "line@v3.0.0"))
    record = run(gitlab_checkout(project, "runner"))
    assert outcomes(record) == [(None, "already", "v3.0.0"), ("staging", "done", "v3.0.0")]
    assert record.released == ()
    assert sorted(tags_of(origin(project))) == ["line#staging#1", "line@v3.0.0"]


def test_a_manual_promotion_meanwhile_is_not_repeated(
    project: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    once_before(monkeypatch, "promote", lambda: project.here("promote", "line@v1.0.0", "--to", "staging"))
    record = run(gitlab_checkout(project, "runner"))
    assert outcomes(record) == [(None, "done", "v1.0.0"), ("staging", "already", "v1.0.0")]
    assert record.tags == ()
    assert record.current == ("line#staging#1",)
    assert sorted(tags_of(origin(project))) == ["line#staging#1", "line@v1.0.0"]


def test_a_rollback_meanwhile_wins(staged: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    retrain(staged, "2.005")
    run(gitlab_checkout(staged, "second"))
    retrain(staged, "2.001")
    once_before(
        monkeypatch, "promote", lambda: staged.here("rollback", "line", "--env", "staging", "-m", "bad")
    )
    record = run(gitlab_checkout(staged, "third"))
    assert outcomes(record) == [(None, "done", "v1.2.0"), ("staging", "held", "v1.2.0")]
    assert record.exit_code == Exit.DONE
    state = state_of(staged)
    assert state.environment("staging").held
    assert str(state.environment("staging").label) == "v1.0.0"


def test_a_conflicting_tag_that_does_not_count_is_an_error_not_an_endless_loop(
    project: Folder,
) -> None:
    origin(project).git("tag", "line@v1.0.0", "main")
    done = gitlab_checkout(project, "runner").here("ci", "merged", env=BOT)
    assert done.status == Exit.BLOCKED
    assert re.search(
        r"blocked +release line: .*the newest release before it unknown: it is lightweight",
        done.out,
        re.DOTALL,
    )


def test_a_remote_that_refuses_tags_fails_the_run_and_leaves_no_trace(project: Folder) -> None:
    hook(project, "update", 'case "$1" in refs/tags/*) echo "tags are protected" >&2; exit 1;; esac')
    runner = gitlab_checkout(project, "runner")
    done = runner.here("ci", "merged", env=BOT)
    assert done.status == Exit.TOOL
    assert "tags are protected" in done.out
    assert tags_of(runner) == {}
