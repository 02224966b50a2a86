"""`mlgit experiments`: which revisions are rows, under which names, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.leaderboards import METRICS, commit_metrics, first_names, leaderboard, names

if TYPE_CHECKING:
    from tests.support.shell import Folder


def test_a_commit_has_one_row_with_all_its_names(staged: Folder) -> None:
    staged.git("branch", "same")
    staged.git("tag", "light")
    staged.git("update-ref", "refs/pull/7/head", "HEAD")
    staged.git("update-ref", "refs/remotes/origin/pr/8", "HEAD")
    staged.git("update-ref", "refs/merge-requests/9/head", "HEAD")
    staged.git("update-ref", "refs/remotes/origin/other", "HEAD")
    staged.git("update-ref", "refs/notes/else", "HEAD")
    (row,) = leaderboard(staged)["rows"]
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


def test_a_branch_that_differs_from_its_remote_has_two_rows(project: Folder) -> None:
    commit_metrics(project, "ahead", r2=0.91)
    assert sorted(first_names(project)) == ["main", "origin/main"]


def test_the_working_tree_has_its_own_row_only_if_its_numbers_differ(project: Folder) -> None:
    assert first_names(project) == ["main"]
    project.write("notes.txt", "nothing about numbers")
    assert first_names(project) == ["main"]
    project.write("params.yaml", "train:\n  slope: 7\n")
    assert first_names(project) == ["working tree", "main"]
    (here, _) = leaderboard(project)["rows"]
    assert here["params"]["params.yaml"] == {"train.slope": 7}
    assert here["commit"] is None


def test_rows_are_sorted_best_first_filtered_and_limited(project: Folder) -> None:
    for subject, r2, mae in (("a", 0.91, 0.5), ("b", 0.99, 0.9), ("c", 0.95, 0.1), ("d", 0.9, 0.9)):
        commit_metrics(project, subject, r2=r2, mae=mae)
    argv = ("-n", "4")
    assert first_names(project, *argv) == ["main", "c", "b", "a"]
    assert first_names(project, *argv, "--sort", "r2") == ["b", "c", "a", "main"]
    assert first_names(project, *argv, "--sort", "mae", "--sort", "r2") == ["c", "a", "b", "main"]
    assert first_names(project, *argv, "--sort", "r2", "--reverse", "--limit", "2") == ["main", "a"]
    assert first_names(project, *argv, "--where", "r2 > 0.9", "--where", "mae<0.9") == ["c", "a"]
    assert first_names(project, *argv, "--pareto", "r2", "--pareto", "mae") == ["c", "b"]
    document = leaderboard(project, *argv, "--where", "r2 > 1")
    assert (document["rows"], document["considered"]) == ([], 4)
    assert (
        project.here("experiments", *argv, "--where", "r2 > 1").out
        == "No revision meets this\n0 of 4 revisions\n"
    )


def test_history_follows_first_parents_and_every_kind_of_name_chooses_revisions(staged: Folder) -> None:
    staged.git("switch", "-q", "-c", "side")
    commit_metrics(staged, "side one", r2=0.8)
    commit_metrics(staged, "side two", r2=0.81)
    staged.git("switch", "-q", "main")
    staged.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
    assert first_names(staged, "-n", "2") == ["main", "origin/main"]
    assert "side one" not in first_names(staged, "-n", "9")
    assert "side one" in first_names(staged, "--all-commits")
    for text in ("staging", "line@v1.0.0", "line@latest"):
        assert "line@v1.0.0" in names(leaderboard(staged, text)["rows"][0])
    assert [names(row) for row in leaderboard(staged, "side~1")["rows"]] == [["side~1"]]
    assert first_names(staged, "main", "side", "-n", "1") == ["main", "side"]
    assert "line@v1.0.0" in [
        name for row in leaderboard(staged, "--only", "tags")["rows"] for name in names(row)
    ]
    assert all("side" not in names(row) for row in leaderboard(staged, "--only", "tags")["rows"])


def test_an_experiment_is_found_by_its_name_and_comes_with_its_baseline(project: Folder) -> None:
    base = project.git("rev-parse", "HEAD")
    project.git("commit", "-q", "--allow-empty", "-m", "Later")
    place = f"refs/exps/{base[:2]}/{base[2:]}"
    project.git("switch", "-q", "-c", "tmp", base)
    commit = commit_metrics(project, "as DVC would", r2=0.99)
    project.git("update-ref", f"{place}/shiny", commit)
    project.git("switch", "-q", "main")
    project.git("branch", "-q", "-D", "tmp")
    assert first_names(project, "shiny") == ["shiny"]
    assert sorted(first_names(project, base)) == ["origin/main", "shiny"]
    assert "└ shiny" in project.here("experiments").out
    for argv in (("diff", "shiny"), ("check", "--rev", "shiny", "--base", base)):
        done = project.here(*argv)
        assert commit[:7] in done.out, done.err
    done = project.here("experiments", "shinny")
    assert (done.status, "did you mean the experiment `shiny`?" in done.err) == (Exit.STATE, True)
    other = project.git("rev-parse", "HEAD")
    project.git("update-ref", f"refs/exps/{other[:2]}/{other[2:]}/shiny", other)
    done = project.here("experiments", "shiny")
    assert (done.status, "the name of 2 experiments" in done.err) == (Exit.STATE, True)
    assert commit[:7] in done.err
    done = project.here("diff", "shiny")
    assert (done.status, f"choose one: `{min(commit, other)[:7]}`, " in done.err) == (Exit.STATE, True)


@pytest.mark.parametrize(
    ("argv", "status", "text"),
    [
        (("--sort", "mea"), Exit.USAGE, "did you mean `mae`?"),
        (("--where", "mea > 1"), Exit.USAGE, "did you mean `mae`?"),
        (("--pareto", "mea"), Exit.USAGE, "did you mean `mae`?"),
        (("--metrics", "x*"), Exit.USAGE, "(`--metrics`)"),
        (("--where", "mae 1"), Exit.USAGE, "--where:1:6"),
        (("--pareto", "rows"), Exit.USAGE, "directions: {rows: down}"),
        (("--pareto", "slope"), Exit.USAGE, "`slope` is a parameter, and `--pareto` compares metrics"),
        (("--reverse",), Exit.USAGE, "`--sort NAME --reverse`"),
        (("--csv", "--md"), Exit.USAGE, "cannot be used together"),
        (("main", "--all-commits"), Exit.USAGE, "cannot be used together"),
        (("-n", "0"), Exit.USAGE, "0 is not in the range"),
        (("no-such",), Exit.STATE, "`no-such` is not an environment, version or revision"),
        (("--only", "forests"), Exit.USAGE, "forests"),
    ],
)
def test_wrong_arguments_are_refused_with_a_hint(
    project: Folder, argv: tuple[str, ...], status: int, text: str
) -> None:
    done = project.here("experiments", *argv)
    assert (done.status, done.out) == (status, "")
    assert text in done.err


def test_an_unknown_direction_is_noted_and_a_declared_one_is_used(project: Folder) -> None:
    commit_metrics(project, "more", r2=0.5, rows=99)
    done = project.here("experiments", "-n", "2", "--sort", "rows")
    assert "the better direction of `rows` is not declared" in done.out
    project.write("mlgit.yaml", (project / "mlgit.yaml").read_text() + "directions: {rows: down}\n")
    document = leaderboard(project, "-n", "2", "--sort", "rows")
    assert [row["metrics"][METRICS]["rows"] for row in document["rows"]] == [10, 99]
    assert document["notes"] == []


def test_columns_are_chosen_by_globs_in_every_form(project: Folder) -> None:
    document = leaderboard(project, "--metrics", "r*", "--params", "slope")
    assert [each["name"] for each in document["columns"]] == ["r2", "rows", "train.slope"]
    assert set(document["rows"][0]["metrics"][METRICS]) == {"r2", "rows"}
    header = project.here("experiments", "--metrics", "mae", "--csv").out.splitlines()[0]
    assert header == "revision,commit,baseline,state,created_at,mae,train.slope"
    assert "train.slope" in project.here("experiments", "--params", "slope", "HEAD").out
    lines = project.here("experiments", "--metrics", "mae", "--md").out.splitlines()
    assert lines[0] == "| revision | commit | `mae` |"
    assert lines[2].startswith("| `main, working tree` | `")


def test_a_detached_head_has_a_row_and_a_branch_without_numbers_does_not(project: Folder) -> None:
    project.git("switch", "-q", "--orphan", "pages")
    project.write("index.html", "")
    project.commit("Pages")
    project.git("switch", "-q", "main")
    project.git("checkout", "-q", "--detach")
    commit_metrics(project, "Detached", r2=0.3)
    document = leaderboard(project)
    assert [names(row)[0] for row in document["rows"]] == ["HEAD", "main"]
    assert document["notes"] == ["1 revision is left out, because they have no metrics and no parameters"]
    assert first_names(project, "pages") == ["pages"]


def test_a_remote_branch_may_be_of_a_remote_with_a_slash_in_its_name(staged: Folder) -> None:
    staged.git("remote", "add", "up/stream", "../nowhere")
    staged.git("update-ref", "refs/remotes/up/stream/main", "HEAD")
    (row,) = leaderboard(staged)["rows"]
    main = next(each for each in row["names"] if each["text"] == "main")
    refs = ["refs/heads/main", "refs/remotes/origin/main", "refs/remotes/up/stream/main"]
    assert main["refs"] == refs
