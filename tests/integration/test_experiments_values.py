"""The values of `mlgit experiments` are those that DVC shows for each commit."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import Any

from mlgit.errors import Exit
from tests.support.leaderboards import METRICS, commit_metrics, first_names, leaderboard, names
from tests.support.pipeline import train
from tests.support.shell import Folder


def queue(folder: Folder) -> None:
    """A queued and a failed experiment, written by DVC itself."""
    import contextlib
    import io
    import warnings

    from dvc.repo import Repo

    folder.dvc("exp", "run", "--queue", "-q", "-S", "train.slope=1.7", "-n", "waiting")
    folder.dvc("exp", "run", "--queue", "-q", "-S", "train.slope=oops", "-n", "broken")
    with contextlib.chdir(folder.path), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Repo(".") as repo:
            tasks = repo.experiments.celery_queue
            entry = next(each for each in tasks.iter_queued() if each.name == "broken")
            tasks.stash_failed(entry)
            revisions = tasks.stash.stash_revs
            tasks.stash.remove_revs([revisions[entry.stash_rev]])


def by_commit(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["commit"] or "workspace": row for row in document["rows"]}


def test_values_are_those_of_dvc_for_branches_tags_and_experiments(project: Folder) -> None:
    project.git("switch", "-q", "-c", "topic")
    train(project, "1.9", push=False)
    project.commit("Try 1.9")
    project.git("tag", "-a", "-m", "plain", "plain")
    project.git("switch", "-q", "main")
    project.dvc("exp", "run", "-q", "-S", "train.slope=1.8", "-n", "first")
    queue(project)
    theirs = json.loads(project.dvc("exp", "show", "--json", "--all-branches"))
    document = leaderboard(project)
    rows = by_commit(document)
    compared = 0
    for state in theirs:
        below = [each for group in state["experiments"] or () for each in group["revs"]]
        for each in (state, *below):
            row = rows.pop(each["rev"])
            assert row["params"] == {
                file: read["data"] for file, read in flat(each["data"]["params"]).items()
            }
            if row["state"] == "done":
                assert row["metrics"] == {
                    file: read["data"] for file, read in each["data"]["metrics"].items()
                }
            compared += 1
            assert row["baseline"] == (None if each is state else state["rev"])
    assert rows == {}
    assert compared == 6
    states = {names(row)[0]: row["state"] for row in document["rows"]}
    assert {name: state for name, state in states.items() if state != "done"} == {
        "waiting": "queued",
        "broken": "failed",
    }
    # DVC shows for a failed experiment the metrics of the commit it started from; those are not its own.
    assert [row["metrics"] for row in document["rows"] if row["state"] != "done"] == [{}, {}]
    assert first_names(project) == ["working tree", "main", "first", "waiting", "broken", "topic"]
    stash = project.git("rev-parse", "refs/exps/celery/stash")
    for revision in ("waiting", stash):
        (row,) = leaderboard(project, revision)["rows"]
        assert (names(row), row["state"], row["metrics"]) == (["waiting"], "queued", {})
    assert "did you mean the experiment `broken`?" in project.here("experiments", "brokn").err


def flat(files: dict[str, Any]) -> dict[str, Any]:
    """Parameters by dotted key; this project nests one level."""
    return {
        file: {
            "data": {
                f"{outer}.{inner}": value
                for outer, part in read["data"].items()
                for inner, value in part.items()
            }
        }
        for file, read in files.items()
    }


def test_every_commit_has_the_metrics_that_dvc_shows(project: Folder) -> None:
    commit_metrics(project, "one", r2=0.91, nested=1e-7)
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + "metrics: [more]\n")
    project.write("more/a.yaml", "auc: 0.5\ndeep: {er: yes, list: [1], none: null}\n")
    project.write("more/b.toml", "[x]\ny = 2\n")
    project.commit("A folder of metrics")
    project.git("switch", "-q", "-c", "side", "HEAD~1")
    commit_metrics(project, "two", r2=0.95)
    theirs = json.loads(project.dvc("metrics", "show", "--all-commits", "--json"))
    rows = by_commit(leaderboard(project, "--all-commits"))
    found = {commit: state for commit, state in theirs.items() if commit != "workspace"}
    assert len(found) == 4
    for dvc_name, state in found.items():
        commit = project.git("rev-parse", dvc_name.split(",")[0])
        wanted = {file: dotted(read["data"]) for file, read in state["data"].items() if "data" in read}
        assert rows[commit]["metrics"] == wanted


def dotted(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= dotted(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def cached_metrics(project: Folder) -> list[float]:
    """Commit the metric file three times, tracked only by DVC; its values."""
    text = (project / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace(f"{METRICS}: {{cache: false}}", METRICS))
    project.git("rm", "-q", "--cached", METRICS)
    found = []
    for slope in ("1.5", "1.8", "1.9"):
        train(project, slope, push=False)
        found.append(json.loads((project / METRICS).read_text())["r2"])
        project.commit(f"Slope {slope}")
    assert METRICS not in project.git("ls-files")
    return found


def test_metrics_that_only_dvc_tracks_are_read_from_its_cache_or_shown_as_not_fetched(
    project: Folder,
) -> None:
    expected = cached_metrics(project)
    rows = leaderboard(project, "-n", "3")["rows"]
    assert [row["metrics"][METRICS]["r2"] for row in rows] == expected[::-1]
    theirs = json.loads(project.dvc("metrics", "show", "--json", "--all-commits"))
    assert {state["data"][METRICS]["data"]["r2"] for state in theirs.values()} >= set(expected)
    shutil.rmtree(project / ".dvc/cache")
    rows = leaderboard(project, "-n", "4")["rows"]
    assert [row["unread"] for row in rows] == [{METRICS: "not_fetched"}] * 3 + [{}]
    done = project.here("experiments", "-n", "4")
    assert done.status == Exit.DONE
    assert "not fetched" in done.out
    assert "3 revisions have metrics that are not in the DVC cache of this machine" in done.out


def test_all_files_in_a_metric_folder_that_dvc_tracks_are_read(project: Folder) -> None:
    project.write("eval/a.json", '{"auc": 0.5}')
    project.write("eval/deep/b.json", '{"auc": 0.6}')
    project.dvc("add", "-q", "eval")
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + "metrics: [eval, eval2.json]\n")
    project.commit("A folder")
    rows = leaderboard(project, "-n", "1")["rows"]
    assert rows[0]["metrics"]["eval/a.json"] == {"auc": 0.5}
    assert rows[0]["metrics"]["eval/deep/b.json"] == {"auc": 0.6}
    assert rows[0]["unread"] == {"eval2.json": "missing"}


def test_a_metric_file_that_is_a_link_is_followed_inside_the_commit(project: Folder) -> None:
    project.write("real.json", '{"r2": 0.77}')
    (project / METRICS).unlink()
    (project / METRICS).symlink_to("../real.json")
    project.commit("A link")
    (row, _) = leaderboard(project, "-n", "2")["rows"]
    assert row["metrics"][METRICS] == {"r2": 0.77}


def test_a_pipeline_that_dvcignore_hides_is_not_read(project: Folder) -> None:
    project.write("old/dvc.yaml", "metrics: [m.json]\n")
    project.write("old/m.json", '{"old": 1}')
    project.commit("An old pipeline")
    project.write(".dvcignore", "old/\n")
    project.commit("Hide it")
    hidden, seen = leaderboard(project, "-n", "2")["rows"]
    assert seen["metrics"]["old/m.json"] == {"old": 1}
    assert "old/m.json" not in hidden["metrics"]
    assert METRICS in hidden["metrics"]


def test_files_in_subfolders_and_subrepositories_have_paths_from_the_root(project: Folder) -> None:
    project.write("sub/params.yaml", "lr: 1e-3\nother: 1\n")
    project.write("sub/.dvc/config", "")
    project.write(
        "sub/dvc.yaml",
        "stages:\n  s:\n    cmd: echo\n    wdir: work\n    params: [{../extra.toml: [a.b]}]\n"
        "    metrics: [out.json: {cache: false}]\n",
    )
    project.write("sub/extra.toml", "[a]\nb = 1\nc = 2\n")
    project.write("sub/work/out.json", '{"auc": 0.25}')
    project.commit("Sub")
    (row,) = leaderboard(Folder(project / "sub"), "-n", "1")["rows"]
    assert row["metrics"]["sub/work/out.json"] == {"auc": 0.25}
    assert row["params"]["sub/extra.toml"] == {"a.b": 1}
    assert row["params"]["sub/params.yaml"] == {"lr": 0.001, "other": 1}


def test_metrics_that_only_mlgit_yaml_names_are_read_in_the_commits_that_name_them(project: Folder) -> None:
    project.write("by-hand/x.json", '{"f1": 0.5}')
    text = (project / "mlgit.yaml").read_text()
    project.write(
        "mlgit.yaml", text.replace("models/line.json}", "models/line.json, metrics: ['by-hand/*.json']}")
    )
    project.commit("By hand")
    rows = leaderboard(project, "-n", "2")["rows"]
    assert [sorted(row["metrics"]) for row in rows] == [["by-hand/x.json", METRICS], [METRICS]]


def cached(project: Folder, content: str) -> str:
    """Put a content into the DVC cache; its hash."""
    md5 = hashlib.md5(content.encode()).hexdigest()  # noqa: S324 (DVC's own hash)
    project.write(f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}", content)
    return md5


def test_metrics_that_dvc_tracks_are_found_through_dvc_lock_and_dvc_files(project: Folder) -> None:
    stage, alone = cached(project, '{"auc": 0.1}'), cached(project, '{"auc": 0.2}')
    project.write("sub/dvc.yaml", "stages:\n  s:\n    cmd: echo\n    metrics: [m.json]\n")
    project.write(
        "sub/dvc.lock",
        "schema: '2.0'\nstages:\n  s:\n    cmd: echo\n    outs:\n    - path: m.json\n      hash: md5\n"
        f"      md5: {stage}\n      size: 12\n",
    )
    out = f"outs:\n- path: alone.json\n  hash: md5\n  md5: {alone}\n  size: 12\n"
    project.write("alone.json.dvc", f"{out}  metric: true\n")
    project.commit("Declared by the .dvc file")
    project.write("alone.json.dvc", out)
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + "metrics: [alone.json]\n")
    project.commit("Declared by dvc.yaml")
    theirs = json.loads(project.dvc("metrics", "show", "--json", "--all-commits"))
    for row in leaderboard(project, "-n", "2")["rows"]:
        assert row["metrics"]["sub/m.json"] == {"auc": 0.1}
        assert row["metrics"]["alone.json"] == {"auc": 0.2}
    # Old versions of DVC wrote `metric: true` into .dvc files; current ones ignore it and such commits.
    state = theirs[project.git("rev-parse", "HEAD")]
    newest = leaderboard(project, "main")["rows"][0]
    assert {file: read["data"] for file, read in state["data"].items()} == newest["metrics"]
