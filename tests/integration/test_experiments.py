"""A leaderboard over real commits, refs and experiments says what DVC says, and never fails for one row."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.pipeline import train
from tests.support.schema import assert_valid
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

METRICS = "metrics/test.json"


def told(folder: Folder, *argv: str) -> dict[str, Any]:
    """The document of a run that works, held against its schema."""
    done = folder.here("experiments", *argv, "--json")
    assert done.status == 0, done.err
    document: dict[str, Any] = done.json()
    assert_valid(document, "experiments")
    return document


def names(row: dict[str, Any]) -> list[str]:
    return [each["text"] for each in row["names"]]


def called(folder: Folder, *argv: str) -> list[str]:
    """The first names of the rows, in their order."""
    return [(names(row) or [row["subject"]])[0] for row in told(folder, *argv)["rows"]]


def measured(folder: Folder, subject: str, **metrics: float) -> str:
    """A commit whose metric file says so; whether a pipeline made it plays no part here."""
    folder.write(METRICS, json.dumps({"mae": 0.1, "rows": 10} | metrics))
    return folder.commit(subject)


def queue(folder: Folder) -> None:
    """An experiment that waits, and one that failed, as DVC itself writes them down."""
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
    document = told(project)
    ours = by_commit(document)
    compared = 0
    for state in theirs:
        below = [each for group in state["experiments"] or () for each in group["revs"]]
        for each in (state, *below):
            row = ours.pop(each["rev"])
            assert row["params"] == {
                file: read["data"] for file, read in flat(each["data"]["params"]).items()
            }
            if row["state"] == "done":
                assert row["metrics"] == {
                    file: read["data"] for file, read in each["data"]["metrics"].items()
                }
            compared += 1
            assert row["baseline"] == (None if each is state else state["rev"])
    assert ours == {}
    assert compared == 6
    states = {names(row)[0]: row["state"] for row in document["rows"]}
    assert {name: state for name, state in states.items() if state != "done"} == {
        "waiting": "queued",
        "broken": "failed",
    }
    # DVC shows beside a failed experiment the metrics of whatever lay there; that is nobody's answer.
    assert [row["metrics"] for row in document["rows"] if row["state"] != "done"] == [{}, {}]
    assert called(project) == ["working tree", "main", "first", "waiting", "broken", "topic"]
    stash = project.git("rev-parse", "refs/exps/celery/stash")
    for asked in ("waiting", stash):
        (row,) = told(project, asked)["rows"]
        assert (names(row), row["state"], row["metrics"]) == (["waiting"], "queued", {})
    assert "did you mean the experiment `broken`?" in project.here("experiments", "brokn").err


def flat(files: dict[str, Any]) -> dict[str, Any]:
    """Nested parameters of one level, as this project has them, by dotted key."""
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
    measured(project, "one", r2=0.91, nested=1e-7)
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + "metrics: [more]\n")
    project.write("more/a.yaml", "auc: 0.5\ndeep: {er: yes, list: [1], none: null}\n")
    project.write("more/b.toml", "[x]\ny = 2\n")
    project.commit("A folder of metrics")
    project.git("switch", "-q", "-c", "side", "HEAD~1")
    measured(project, "two", r2=0.95)
    theirs = json.loads(project.dvc("metrics", "show", "--all-commits", "--json"))
    ours = by_commit(told(project, "--all-commits"))
    found = {commit: state for commit, state in theirs.items() if commit != "workspace"}
    assert len(found) == 4
    for called_by_dvc, state in found.items():
        commit = project.git("rev-parse", called_by_dvc.split(",")[0])
        wanted = {file: dotted(read["data"]) for file, read in state["data"].items() if "data" in read}
        assert ours[commit]["metrics"] == wanted


def dotted(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= dotted(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def test_a_commit_has_one_row_with_all_its_names(staged: Folder) -> None:
    staged.git("branch", "same")
    staged.git("tag", "light")
    staged.git("update-ref", "refs/pull/7/head", "HEAD")
    staged.git("update-ref", "refs/remotes/origin/pr/8", "HEAD")
    staged.git("update-ref", "refs/merge-requests/9/head", "HEAD")
    staged.git("update-ref", "refs/remotes/origin/other", "HEAD")
    staged.git("update-ref", "refs/notes/else", "HEAD")
    (row,) = told(staged)["rows"]
    kinds = {(each["kind"], each["text"]) for each in row["names"]}
    assert kinds == {
        ("branch", "main"),
        ("branch", "same"),
        ("remote_branch", "origin/other"),
        ("version", "line@v1.0.0"),
        ("environment", "staging"),
        ("tag", "light"),
        ("pull_request", "#7"),
        ("pull_request", "#8"),
        ("pull_request", "!9"),
        ("working_tree", "working tree"),
    }
    main = next(each for each in row["names"] if each["text"] == "main")
    assert main["refs"] == ["refs/heads/main", "refs/remotes/origin/main"]


def test_a_branch_that_is_not_where_its_remote_is_has_two_rows(project: Folder) -> None:
    measured(project, "ahead", r2=0.91)
    assert sorted(called(project)) == ["main", "origin/main"]


def test_the_working_tree_is_a_row_of_its_own_only_when_its_numbers_differ(project: Folder) -> None:
    assert called(project) == ["main"]
    project.write("notes.txt", "nothing about numbers")
    assert called(project) == ["main"]
    project.write("params.yaml", "train:\n  slope: 7\n")
    assert called(project) == ["working tree", "main"]
    (here, _) = told(project)["rows"]
    assert here["params"]["params.yaml"] == {"train.slope": 7}
    assert here["commit"] is None


def test_rows_are_sorted_best_first_picked_and_cut(project: Folder) -> None:
    for subject, r2, mae in (("a", 0.91, 0.5), ("b", 0.99, 0.9), ("c", 0.95, 0.1), ("d", 0.9, 0.9)):
        measured(project, subject, r2=r2, mae=mae)
    argv = ("-n", "4")
    assert called(project, *argv) == ["main", "c", "b", "a"]
    assert called(project, *argv, "--sort", "r2") == ["b", "c", "a", "main"]
    assert called(project, *argv, "--sort", "mae", "--sort", "r2") == ["c", "a", "b", "main"]
    assert called(project, *argv, "--sort", "r2", "--reverse", "--limit", "2") == ["main", "a"]
    assert called(project, *argv, "--where", "r2 > 0.9", "--where", "mae<0.9") == ["c", "a"]
    assert called(project, *argv, "--pareto", "r2", "--pareto", "mae") == ["c", "b"]
    document = told(project, *argv, "--where", "r2 > 1")
    assert (document["rows"], document["considered"]) == ([], 4)
    assert (
        project.here("experiments", *argv, "--where", "r2 > 1").out
        == "No revision meets this\n0 of 4 revisions\n"
    )


def test_history_follows_first_parents_and_revisions_are_chosen_by_every_kind_of_name(staged: Folder) -> None:
    staged.git("switch", "-q", "-c", "side")
    measured(staged, "side one", r2=0.8)
    measured(staged, "side two", r2=0.81)
    staged.git("switch", "-q", "main")
    staged.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
    assert called(staged, "-n", "2") == ["main", "origin/main"]
    assert "side one" not in called(staged, "-n", "9")
    assert "side one" in called(staged, "--all-commits")
    for text in ("staging", "line@v1.0.0", "line@latest"):
        assert "line@v1.0.0" in names(told(staged, text)["rows"][0])
    assert [names(row) for row in told(staged, "side~1")["rows"]] == [["side~1"]]
    assert called(staged, "main", "side", "-n", "1") == ["main", "side"]
    assert "line@v1.0.0" in [name for row in told(staged, "--only", "tags")["rows"] for name in names(row)]
    assert all("side" not in names(row) for row in told(staged, "--only", "tags")["rows"])


def test_an_experiment_is_found_by_its_name_and_comes_with_its_baseline(project: Folder) -> None:
    base = project.git("rev-parse", "HEAD")
    project.git("commit", "-q", "--allow-empty", "-m", "Later")
    place = f"refs/exps/{base[:2]}/{base[2:]}"
    project.git("switch", "-q", "-c", "tmp", base)
    commit = measured(project, "as DVC would", r2=0.99)
    project.git("update-ref", f"{place}/shiny", commit)
    project.git("switch", "-q", "main")
    project.git("branch", "-q", "-D", "tmp")
    assert called(project, "shiny") == ["shiny"]
    assert sorted(called(project, base)) == ["origin/main", "shiny"]
    assert "└ shiny" in project.here("experiments").out
    done = project.here("experiments", "shinny")
    assert (done.status, "did you mean the experiment `shiny`?" in done.err) == (4, True)
    other = project.git("rev-parse", "HEAD")
    project.git("update-ref", f"refs/exps/{other[:2]}/{other[2:]}/shiny", other)
    done = project.here("experiments", "shiny")
    assert (done.status, "the name of 2 experiments" in done.err) == (4, True)
    assert commit[:7] in done.err


def cached_metrics(project: Folder) -> list[float]:
    """Three commits whose metric file only DVC has."""
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


def test_metrics_that_only_dvc_keeps_are_read_from_its_cache_or_called_not_fetched(project: Folder) -> None:
    expected = cached_metrics(project)
    rows = told(project, "-n", "3")["rows"]
    assert [row["metrics"][METRICS]["r2"] for row in rows] == expected[::-1]
    theirs = json.loads(project.dvc("metrics", "show", "--json", "--all-commits"))
    assert {state["data"][METRICS]["data"]["r2"] for state in theirs.values()} >= set(expected)
    shutil.rmtree(project / ".dvc/cache")
    rows = told(project, "-n", "4")["rows"]
    assert [row["unread"] for row in rows] == [{METRICS: "not_fetched"}] * 3 + [{}]
    done = project.here("experiments", "-n", "4")
    assert done.status == 0
    assert "not fetched" in done.out
    assert "3 revisions have metrics that are not in the DVC cache of this machine" in done.out


def test_a_folder_of_metrics_that_dvc_keeps_is_opened(project: Folder) -> None:
    project.write("eval/a.json", '{"auc": 0.5}')
    project.write("eval/deep/b.json", '{"auc": 0.6}')
    project.dvc("add", "-q", "eval")
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + "metrics: [eval, eval2.json]\n")
    project.commit("A folder")
    rows = told(project, "-n", "1")["rows"]
    assert rows[0]["metrics"]["eval/a.json"] == {"auc": 0.5}
    assert rows[0]["metrics"]["eval/deep/b.json"] == {"auc": 0.6}
    assert rows[0]["unread"] == {"eval2.json": "missing"}


def test_a_metric_file_that_is_a_link_is_followed_inside_the_commit(project: Folder) -> None:
    project.write("real.json", '{"r2": 0.77}')
    (project / METRICS).unlink()
    (project / METRICS).symlink_to("../real.json")
    project.commit("A link")
    (row, _) = told(project, "-n", "2")["rows"]
    assert row["metrics"][METRICS] == {"r2": 0.77}


def test_templates_that_say_nothing_about_numbers_do_not_cost_a_question(
    project: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        (project / "dvc.yaml")
        .read_text()
        .replace("cmd: python src/train.py", "cmd: python src/train.py # ${train.slope}")
    )
    loop = "  each:\n    foreach: [a, b]\n    do: {cmd: 'echo ${item} > ${item}', outs: ['${item}']}\n"
    project.write("dvc.yaml", text.replace("artifacts:", f"{loop}artifacts:"))
    measured(project, "templated", r2=0.5)
    from mlgit.adapters.dvc.pipeline import resolved

    monkeypatch.delattr(resolved, "resolved")
    (row,) = told(project, "-n", "1")["rows"]
    assert row["metrics"][METRICS]["r2"] == 0.5
    assert row["params"] == {"params.yaml": {"train.slope": 1.99}}


def test_templates_that_do_are_filled_in_as_dvc_does_and_remembered(
    project: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (project / "dvc.yaml").read_text()
    body = "{cmd: echo, metrics: ['m/${item}-${train.slope}.json']}"
    loop = f"  each:\n    foreach: [a, b]\n    do: {body}\n"
    project.write(
        "dvc.yaml", text.replace("artifacts:", f"{loop}artifacts:").replace(METRICS, "metrics/${name}.json")
    )
    for slope in ("1", "2"):
        project.write("params.yaml", f"name: test\ntrain:\n  slope: {slope}\n")
        for item in "ab":
            project.write(f"m/{item}-{slope}.json", json.dumps({"auc": float(slope)}))
        project.commit(f"Slope {slope}")
    document = told(project, "-n", "3")
    found = [sorted(row["metrics"]) for row in document["rows"]]
    assert found == [
        ["m/a-2.json", "m/b-2.json", METRICS],
        ["m/a-1.json", "m/b-1.json", METRICS],
        [METRICS],
    ]
    theirs = json.loads(project.dvc("metrics", "show", "--all-commits", "--json"))
    assert sorted(sorted(state["data"]) for each, state in theirs.items() if each != "workspace") == sorted(
        found
    )
    from mlgit.adapters.dvc.pipeline import resolved

    monkeypatch.delattr(resolved, "resolved")
    assert told(project, "-n", "3")["rows"] == document["rows"]


BROKEN = {
    METRICS: ("{broken", f"`{METRICS}` is not valid JSON"),
    "dvc.yaml": ("stages: [1\n", "dvc.yaml"),
    "params.yaml": ("a: [1\n", "`params.yaml` cannot be read"),
}


@pytest.mark.parametrize("path", BROKEN)
def test_a_commit_with_a_broken_file_keeps_its_row_and_says_so(project: Folder, path: str) -> None:
    content, problem = BROKEN[path]
    good = (project / path).read_text()
    project.write(path, content)
    commit = project.commit("Broken")
    project.write(path, good)
    project.commit("Mended")
    done = project.here("experiments", "-n", "3")
    assert done.status == 0, done.err
    assert re.search(rf"^Broken !? *{commit[:7]}", done.out, flags=re.MULTILINE)
    assert f"! {commit[:7]}: " in done.out
    assert problem in done.out
    rows = told(project, "-n", "3")["rows"]
    assert [bool(row["problems"]) for row in rows] == [False, True, False]


def test_a_broken_working_tree_costs_only_its_own_row(project: Folder) -> None:
    project.write("dvc.yaml", "stages: [1\n")
    project.write("mlgit.yaml", "nonsense: true\n")
    document = told(project)
    assert [bool(row["problems"]) for row in document["rows"]] == [True, False]
    assert "which way is better is guessed" in document["notes"][0]


@pytest.mark.parametrize(
    ("argv", "status", "said"),
    [
        (("--sort", "mea"), 2, "did you mean `mae`?"),
        (("--where", "mea > 1"), 2, "did you mean `mae`?"),
        (("--pareto", "mea"), 2, "did you mean `mae`?"),
        (("--metrics", "x*"), 2, "as `--metrics` asks for"),
        (("--where", "mae 1"), 2, "--where:1:6"),
        (("--pareto", "rows"), 2, "directions: {rows: down}"),
        (("--pareto", "slope"), 2, "`slope` is a parameter, and `--pareto` compares metrics"),
        (("--reverse",), 2, "`--sort NAME --reverse`"),
        (("--csv", "--md"), 2, "cannot be said together"),
        (("main", "--all-commits"), 2, "cannot be said together"),
        (("-n", "0"), 2, "0 is not in the range"),
        (("no-such",), 4, "`no-such` is no environment, version or revision"),
        (("--only", "forests"), 2, "forests"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_way_out(
    project: Folder, argv: tuple[str, ...], status: int, said: str
) -> None:
    done = project.here("experiments", *argv)
    assert (done.status, done.out) == (status, "")
    assert said in done.err


def test_an_unknown_direction_is_said_and_declared_ones_count(project: Folder) -> None:
    measured(project, "more", r2=0.5, rows=99)
    done = project.here("experiments", "-n", "2", "--sort", "rows")
    assert "nobody says which way `rows` is better" in done.out
    project.write("mlgit.yaml", (project / "mlgit.yaml").read_text() + "directions: {rows: down}\n")
    document = told(project, "-n", "2", "--sort", "rows")
    assert [row["metrics"][METRICS]["rows"] for row in document["rows"]] == [10, 99]
    assert document["notes"] == []


def test_columns_are_chosen_by_globs_in_every_form(project: Folder) -> None:
    document = told(project, "--metrics", "r*", "--params", "slope")
    assert [each["name"] for each in document["columns"]] == ["r2", "rows", "train.slope"]
    assert set(document["rows"][0]["metrics"][METRICS]) == {"r2", "rows"}
    header = project.here("experiments", "--metrics", "mae", "--csv").out.splitlines()[0]
    assert header == "revision,commit,baseline,state,created_at,mae,train.slope"
    assert "train.slope" in project.here("experiments", "--params", "slope", "HEAD").out
    lines = project.here("experiments", "--metrics", "mae", "--md").out.splitlines()
    assert lines[0] == "| revision | commit | `mae` |"
    assert lines[2].startswith("| `main, working tree` | `")


def test_repositories_without_commits_or_metrics_say_what_to_do(empty_repository: Folder) -> None:
    done = empty_repository.here("experiments")
    assert (done.status, done.out.splitlines()[0]) == (0, "No revisions yet")
    assert told(empty_repository)["rows"] == []
    done = empty_repository.here("experiments", "-n", "3")
    assert (done.status, "no commit yet" in done.err) == (4, True)
    empty_repository.write("code.py", "")
    empty_repository.commit("Code")
    done = empty_repository.here("experiments")
    assert (done.status, done.out.splitlines()[0]) == (0, "No metrics or parameters in any revision")
    done = empty_repository.here("experiments", "--sort", "auc")
    assert (done.status, "there are no metrics at all" in done.err) == (2, True)


def test_a_shallow_clone_tells_what_it_has(project: Folder, tmp_path: Path) -> None:
    measured(project, "Second", r2=0.9)
    project.git("push", "-q", "origin", "main")
    Folder(tmp_path).git(
        "clone", "-q", "--depth", "1", (project.path.parent / "origin.git").as_uri(), "shallow"
    )
    document = told(Folder(tmp_path / "shallow"), "-n", "9")
    assert len(document["rows"]) == 1
    assert document["notes"] == ["this clone is shallow: older commits are not in it"]


@pytest.mark.parametrize("left_behind", ["blob:none", "tree:0"])
def test_a_partial_clone_fetches_what_it_left_behind_at_once(
    project: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_behind: str
) -> None:
    for number in range(12):
        project.write("params.yaml", f"train: {{slope: {number}}}\n")
        measured(project, f"Number {number}", r2=number / 100)
    project.git("push", "-q", "origin", "main")
    origin = project.path.parent / "origin.git"
    project.git("-C", str(origin), "config", "uploadpack.allowFilter", "true")
    Folder(tmp_path).git(
        "clone", "-q", "--no-checkout", f"--filter={left_behind}", origin.as_uri(), "partial"
    )
    clone = Folder(tmp_path / "partial")
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    rows = told(clone, "-n", "20")["rows"]
    monkeypatch.delenv("GIT_TRACE")
    assert [row["metrics"] for row in rows] == [row["metrics"] for row in told(project, "-n", "20")["rows"]]
    # Trees if need be; what says where the numbers are; the numbers; and `mlgit.yaml` here: not 15 times.
    assert trace.read_text().count("built-in: git fetch") <= 5


def test_a_partial_clone_without_a_network_says_so(project: Folder, tmp_path: Path) -> None:
    measured(project, "Second", r2=0.9)
    project.git("push", "-q", "origin", "main")
    origin = project.path.parent / "origin.git"
    project.git("-C", str(origin), "config", "uploadpack.allowFilter", "true")
    Folder(tmp_path).git("clone", "-q", "--filter=blob:none", origin.as_uri(), "offline")
    offline = Folder(tmp_path / "offline")
    offline.git("config", "remote.origin.url", (tmp_path / "nowhere").as_uri())
    done = offline.here("experiments", "-n", "20")
    assert done.status == 5
    assert "that this partial clone left behind" in done.err
    assert "check the network and the credentials of the remote `origin`" in done.err


def test_a_pipeline_that_a_dvcignore_hides_in_a_commit_says_nothing(project: Folder) -> None:
    project.write("old/dvc.yaml", "metrics: [m.json]\n")
    project.write("old/m.json", '{"old": 1}')
    project.commit("An old pipeline")
    project.write(".dvcignore", "old/\n")
    project.commit("Hide it")
    hidden, seen = told(project, "-n", "2")["rows"]
    assert seen["metrics"]["old/m.json"] == {"old": 1}
    assert "old/m.json" not in hidden["metrics"]
    assert METRICS in hidden["metrics"]


def test_a_file_that_cannot_be_read_makes_the_working_tree_no_other_state(project: Folder) -> None:
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + "metrics: [bad.json]\n")
    project.write("bad.json", "{")
    project.commit("Break it")
    (row, *_) = told(project)["rows"]
    assert names(row) == ["main", "working tree"]


def test_a_detached_head_has_a_row_and_orphan_branches_without_numbers_have_none(project: Folder) -> None:
    project.git("switch", "-q", "--orphan", "pages")
    project.write("index.html", "")
    project.commit("Pages")
    project.git("switch", "-q", "main")
    project.git("checkout", "-q", "--detach")
    measured(project, "Detached", r2=0.3)
    document = told(project)
    assert [names(row)[0] for row in document["rows"]] == ["HEAD", "main"]
    assert document["notes"] == ["1 revision is left out for having no metrics and no parameters"]
    assert called(project, "pages") == ["pages"]


def test_files_in_subfolders_and_subrepositories_count_from_the_root(project: Folder) -> None:
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
    (row,) = told(Folder(project / "sub"), "-n", "1")["rows"]
    assert row["metrics"]["sub/work/out.json"] == {"auc": 0.25}
    assert row["params"]["sub/extra.toml"] == {"a.b": 1}
    assert row["params"]["sub/params.yaml"] == {"lr": 0.001, "other": 1}


def test_metrics_that_only_mlgit_yaml_names_count_where_it_does(project: Folder) -> None:
    project.write("by-hand/x.json", '{"f1": 0.5}')
    text = (project / "mlgit.yaml").read_text()
    project.write(
        "mlgit.yaml", text.replace("models/line.json}", "models/line.json, metrics: ['by-hand/*.json']}")
    )
    project.commit("By hand")
    rows = told(project, "-n", "2")["rows"]
    assert [sorted(row["metrics"]) for row in rows] == [["by-hand/x.json", METRICS], [METRICS]]


@pytest.mark.parametrize("harm", ["nothing", "broken", "read-only"])
def test_the_memory_of_values_changes_no_answer(project: Folder, harm: str) -> None:
    for number in range(3):
        for file in range(30):
            project.write(f"more/m{file}.json", json.dumps({"auc": 100 * number + file / 7}))
        project.write(
            "dvc.yaml",
            (project / "dvc.yaml").read_text().partition("metrics: [more]")[0] + "metrics: [more]\n",
        )
        project.commit(f"Number {number}")
    first = told(project, "-n", "3")
    memory = project / ".git/mlgit/numbers"
    assert memory.exists()
    if harm == "broken":
        memory.write_text(memory.read_text()[:-40])
    if harm == "read-only":
        memory.unlink()
        (project / ".git/mlgit").chmod(0o500)
    second = told(project, "-n", "3")
    (project / ".git/mlgit").chmod(0o700)
    assert second["rows"] == first["rows"]
    assert [name for name in os.listdir(project / ".git/mlgit") if name.endswith(".half")] == []


def test_git_is_started_a_few_times_however_many_commits_there_are(project: Folder, tmp_path: Path) -> None:
    def started(number: int) -> int:
        log = tmp_path / f"trace-{number}"
        done = project.here("experiments", "-n", str(number), env={"GIT_TRACE2_EVENT": str(log)})
        assert done.status == 0, done.err
        return sum('"event":"start"' in line for line in log.read_text().splitlines())

    for number in range(12):
        measured(project, f"Number {number}", r2=number / 100)
    assert len(told(project, "-n", "12")["rows"]) == 12
    assert started(12) == started(2) <= 8


def kept(project: Folder, content: str) -> str:
    """A content in the DVC cache; its hash."""
    md5 = hashlib.md5(content.encode()).hexdigest()  # noqa: S324 (DVC's own hash)
    project.write(f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}", content)
    return md5


def test_metrics_that_dvc_keeps_are_found_by_locks_in_subfolders_and_by_dvc_files(project: Folder) -> None:
    stage, alone = kept(project, '{"auc": 0.1}'), kept(project, '{"auc": 0.2}')
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
    for row in told(project, "-n", "2")["rows"]:
        assert row["metrics"]["sub/m.json"] == {"auc": 0.1}
        assert row["metrics"]["alone.json"] == {"auc": 0.2}
    # DVC of today reads no `metric: true` in a .dvc file, which older ones wrote, and no commit that has one.
    state = theirs[project.git("rev-parse", "HEAD")]
    newest = told(project, "main")["rows"][0]
    assert {file: read["data"] for file, read in state["data"].items()} == newest["metrics"]


def test_a_content_that_is_not_in_the_clone_costs_its_own_value_only(project: Folder) -> None:
    measured(project, "Lost", r2=0.123456)
    oid = project.git("rev-parse", f"HEAD:{METRICS}")
    (project / f".git/objects/{oid[:2]}/{oid[2:]}").unlink()
    (row, other) = told(project, "-n", "2")["rows"]
    assert row["unread"] == {METRICS: "unreadable"}
    assert row["problems"] == [f"`{METRICS}` is in the commit, but its content is not in this clone"]
    assert row["params"] == other["params"]
    assert other["problems"] == []


def test_folders_deeper_than_any_disk_has_do_no_harm(project: Folder) -> None:
    deep = "a/" * 1500
    stream = (
        f"commit refs/heads/deep\ncommitter A <a@example.org> 0 +0000\ndata 0\nfrom refs/heads/main\n"
        f"M 100644 inline {deep}m.json\ndata 2\n{{}}\n"
    )
    project.run("git", "fast-import", "--quiet", stdin=stream)
    rows = told(project, "deep", "main")["rows"]
    assert rows[0]["metrics"] == rows[1]["metrics"]
