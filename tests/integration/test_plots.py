"""Plots that dvc.yaml and DVCLive declare are read at both sides of a report, as DVC reads them."""

from __future__ import annotations

import contextlib
import json
import shutil
import warnings
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit
from mlgit.project.compare.plots.files import PlotFiles
from mlgit.project.opening import open_project
from mlgit.project.pipeline.evidence import evidence
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.shell import Folder

ROC = "fpr,tpr,threshold\n0,0,inf\n0,{0},0.9\n0.5,0.9,0.5\n1,1,0.1\n"
DECLARED = """\
plots:
  - plots/roc.csv: {x: fpr, y: tpr, title: Who is found}
  - plots/classes.json: {template: confusion, x: truth, y: guess}
  - loss: {x: step, y: {plots/train.tsv: loss, plots/valid.tsv: [loss, acc]}, y_label: nats}
  - plots/picture.png
  - plots/odd.json: {template: scatter, x: a, y: b}
"""

DRAW = """\
  draw:
    cmd: mkdir -p curves && cp source.csv curves/roc.csv
    deps: [source.csv]
    plots: [curves: {x: fpr, y: tpr}]
artifacts:
"""


def plots(project: Folder, *argv: str) -> dict[str, Any]:
    """The plots of a report by title."""
    done = project.here("report", "--format", "json", *argv)
    document = done.json()
    assert_valid(document, "verdict")
    return {plot["title"]: plot for plot in document["plots"]}


@pytest.mark.parametrize("template", ["scatter", "bar_horizontal", "mine"])
def test_a_changed_plot_whose_template_is_not_drawn_is_named(project: Folder, template: str) -> None:
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + DECLARED.replace("scatter", template))
    write_plots(project, good=True)
    project.commit("Plots")
    project.git("push", "-q", "origin", "main")
    project.git("switch", "-qc", "topic")
    project.write("other.txt", "other")
    project.commit("Other")
    assert [each for each in plots(project).values() if each["file"] == "plots/odd.json"] == []
    project.write("plots/odd.json", '[{"a": 1, "b": 3}]')
    project.commit("Odd")
    (odd,) = [each for each in plots(project).values() if each["file"] == "plots/odd.json"]
    note = f"changed, not drawn: only `dvc plots diff` draws the template `{template}` of `plots/odd.json`"
    assert (odd["notes"], odd["curves"], odd["cells"]) == ([note], [], [])
    shown = project.here("report", "--as", "github").out
    assert "not drawn: only `dvc plots diff` draws the template" in shown


def points(plot: dict[str, Any], side: str) -> list[tuple[float, float]] | None:
    for curve in plot["curves"]:
        if curve["side"] == side:
            return list(zip(map(float, curve["xs"]), map(float, curve["ys"]), strict=True))
    return None


def write_plots(project: Folder, *, good: bool) -> None:
    tpr, guess = (0.5, "cat") if good else (0.25, "dog")
    project.write("plots/roc.csv", ROC.format(tpr))
    rows = [("cat", guess), ("cat", "cat"), ("dog", "dog")]
    project.write("plots/classes.json", json.dumps([{"truth": a, "guess": b} for a, b in rows]))
    project.write("plots/train.tsv", "step\tloss\n" + "".join(f"{n}\t{1 / (n + 1)}\n" for n in range(4)))
    project.write("plots/valid.tsv", f"step\tloss\tacc\n0\t{tpr}\t0.5\n1\tnan\t0.75\n")
    project.write("plots/picture.png", "a picture")
    project.write("plots/odd.json", '[{"a": 1, "b": 2}]')


@pytest.fixture
def drawn(project: Folder) -> Folder:
    """A branch on which the plots in Git are worse."""
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + DECLARED)
    write_plots(project, good=True)
    project.commit("Declare plots")
    project.git("push", "-q", "origin", "HEAD:main")
    project.git("switch", "-q", "-c", "topic")
    write_plots(project, good=False)
    project.commit("Worse")
    return project


def test_curves_and_matrices_of_both_sides_are_in_the_report(drawn: Folder) -> None:
    found = plots(drawn)
    assert list(found) == [
        "Who is found",
        "Confusion matrix",
        "loss (plots/valid.tsv)",
        "loss (plots/train.tsv)",
        "loss: acc",
    ]
    roc = found["Who is found"]
    assert (roc["kind"], roc["file"], roc["notes"]) == ("roc", "plots/roc.csv", [])
    assert points(roc, "base") == [(0, 0), (0, 0.5), (0.5, 0.9), (1, 1)]
    assert points(roc, "candidate") == [(0, 0), (0, 0.25), (0.5, 0.9), (1, 1)]
    matrix = found["Confusion matrix"]
    assert (matrix["x_label"], matrix["y_label"]) == ("truth", "guess")
    assert [tuple(cell.values()) for cell in matrix["cells"]] == [
        ("cat", 2, 1, "cat"),
        ("cat", 0, 1, "dog"),
        ("dog", 0, 0, "cat"),
        ("dog", 1, 1, "dog"),
    ]
    assert found["loss: acc"]["y_label"] == "nats"


def test_points_that_are_not_finite_are_counted(drawn: Folder) -> None:
    valid = plots(drawn)["loss (plots/valid.tsv)"]
    assert points(valid, "candidate") == [(0, 0.25)]
    assert valid["notes"] == [
        "from step 1 on, the base has no finite number (1 of 2 points are left out)",
        "from step 1 on, this change has no finite number (1 of 2 points are left out)",
    ]
    drawn.write("plots/valid.tsv", "step\tloss\tacc\n0\tinf\t0.5\n1\t0.5\t0.75\n")
    note = "1 of 2 points of this change are not finite numbers and are left out"
    assert plots(drawn)["loss (plots/valid.tsv)"]["notes"][1] == note


def test_a_plot_over_dates_is_not_drawn_and_says_whether_it_changed(drawn: Folder) -> None:
    declared = (drawn / "dvc.yaml").read_text()
    drawn.write("dvc.yaml", f"{declared}  - plots/days.csv: {{x: day, y: n}}\n")
    drawn.write("plots/days.csv", "day,n\n2026-01-01,1\n2026-01-02,2\n")
    drawn.commit("Days")
    note = "not drawn: no `day` of `plots/days.csv` is a finite number"
    assert plots(drawn)["n by day"]["notes"] == [note]
    assert "n by day" not in plots(drawn, "--base", "HEAD")
    drawn.write("plots/days.csv", "day,n\n2026-01-01,1\n2026-01-02,3\n")
    found = plots(drawn, "--base", "HEAD")["n by day"]
    assert (found["notes"], found["curves"]) == ([f"changed, {note}"], [])


def test_the_working_tree_is_a_candidate_too(drawn: Folder) -> None:
    drawn.write("plots/roc.csv", ROC.format(0.75))
    assert points(plots(drawn)["Who is found"], "candidate") == [(0, 0), (0, 0.75), (0.5, 0.9), (1, 1)]


def test_a_side_without_the_file_has_no_curve_and_says_so(drawn: Folder) -> None:
    drawn.write("dvclive/plots/metrics/acc.tsv", "step\tacc\n0\t0.5\n")
    drawn.git("rm", "-q", "plots/roc.csv")
    drawn.commit("Another one")
    found = plots(drawn)
    gone, new = found["Who is found"], found["acc by step"]
    assert (points(gone, "candidate"), gone["notes"]) == (None, ["this change has no `plots/roc.csv`"])
    assert points(gone, "base") is not None
    assert (points(new, "base"), new["notes"]) == (None, ["`dvclive/plots/metrics/acc.tsv` is new"])
    assert points(new, "candidate") == [(0, 0.5)]


def test_a_plot_that_only_the_base_declares_is_shown(drawn: Folder) -> None:
    drawn.write(
        "dvc.yaml",
        (drawn / "dvc.yaml")
        .read_text()
        .replace("  - plots/roc.csv: {x: fpr, y: tpr, title: Who is found}\n", ""),
    )
    drawn.git("rm", "-q", "plots/roc.csv")
    drawn.commit("No curve any more")
    assert plots(drawn)["Who is found"]["notes"] == ["this change has no `plots/roc.csv`"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x,y\n1,2\n", "`plots/roc.csv` has no column `tpr`"),
        ("", "`plots/roc.csv` has no points"),
        ("fpr,tpr\n" + "0,0\n" * 100_001, "`plots/roc.csv` has more than 100,000 points"),
    ],
)
def test_a_file_that_cannot_be_drawn_says_why(drawn: Folder, text: str, reason: str) -> None:
    drawn.write("plots/roc.csv", text)
    found = plots(drawn)["Who is found"]
    assert (found["notes"], points(found, "candidate")) == ([reason], None)


def draw(project: Folder) -> None:
    """A base and a branch whose curves DVC keeps, with everything in the remote."""
    project.write("dvc.yaml", (project / "dvc.yaml").read_text().replace("artifacts:", DRAW))
    project.git("switch", "-q", "-c", "topic")
    for tpr, branch in ((0.5, "main"), (0.25, "topic")):
        project.write("source.csv", ROC.format(tpr))
        project.dvc("repro", "-q")
        project.dvc("push", "-q")
        project.commit("Draw")
        project.git("push", "-q", "origin", f"HEAD:{branch}")


def test_plots_that_dvc_keeps_are_read_by_hash_and_missing_ones_are_named(project: Folder) -> None:
    draw(project)
    roc = plots(project)["ROC"]
    assert roc["file"] == "curves/roc.csv"
    assert (points(roc, "base"), points(roc, "candidate")) == (
        [(0, 0), (0, 0.5), (0.5, 0.9), (1, 1)],
        [(0, 0), (0, 0.25), (0.5, 0.9), (1, 1)],
    )
    shutil.rmtree(project / ".dvc" / "cache")
    (found,) = plots(project).values()
    base = project.git("rev-parse", "--short=7", "origin/main")
    assert (roc["known"], found["known"]) == (True, False)
    assert (points(found, "base"), points(found, "candidate")) == (None, points(roc, "candidate"))
    assert found["notes"] == [
        f"`curves` at {base} is not in the DVC cache of this machine; run `dvc fetch --all-commits`"
    ]


def test_a_job_of_ci_fetches_the_plots_that_it_lacks(project: Folder) -> None:
    draw(project)
    for folder in (".dvc/cache", "curves"):
        shutil.rmtree(project / folder)
    done = project.here("ci", "pr")
    assert done.status in {Exit.DONE, Exit.BLOCKED}, done.err
    (roc,) = json.loads((project / "mlgit-report" / "report.json").read_text())["check"]["plots"]
    assert (points(roc, "base"), points(roc, "candidate")) == (
        [(0, 0), (0, 0.5), (0.5, 0.9), (1, 1)],
        [(0, 0), (0, 0.25), (0.5, 0.9), (1, 1)],
    )


def test_a_job_of_ci_without_the_remote_names_them(project: Folder) -> None:
    draw(project)
    for folder in (".dvc/cache", "curves", "../storage"):
        shutil.rmtree(project / folder)
    project.here("ci", "pr")
    (roc,) = json.loads((project / "mlgit-report" / "report.json").read_text())["check"]["plots"]
    assert (roc["curves"], roc["known"], len(roc["notes"])) == ([], False, 2)


def test_the_first_model_has_only_its_own_curves(empty_repository: Folder) -> None:
    project = empty_repository
    project.write("mlgit.yaml", "version: 1\nmodels:\n  m: {path: m}\n")
    project.write("m", "weights")
    project.write("dvclive/plots/sklearn/roc.json", '{"roc": [{"fpr": 0, "tpr": 0.5}, {"fpr": 1, "tpr": 1}]}')
    found = plots(project)
    assert [(points(plot, "base"), points(plot, "candidate")) for plot in found.values()] == [
        (None, [(0, 0.5), (1, 1)])
    ]


ODD = """\
vars: [{folder: plots}]
plots:
  - ${folder}/train.tsv
  - ${folder}/live: {x: step}
  - ${folder}/live/deep/f1.tsv: {x: step, y: f1}
  - ${folder}/joined.json: {x: a, y: b}
  - ${folder}/bare.csv
  - both: {x: {plots/xs.csv: x}, y: {plots/ys.csv: y}}
  - two: {x: x, y: {plots/ys.csv: [y, z]}}
"""


def test_the_points_are_those_of_dvc(project: Folder) -> None:
    texts = {
        "train.tsv": "step\tloss\n0\t1\n1\t0.5\n",
        "live/acc.tsv": "step\tacc\n0\t0.25\n5\t0.5\n",
        "live/deep/f1.tsv": "timestamp\tstep\tf1\tother\n9\t0\t0.125\t8\n9\t2\t0.5\t8\n",
        "joined.json": json.dumps({"one": [{"a": 1}, {"a": 2}], "two": {"three": [{"b": 3}, {"b": 4}]}}),
        "bare.csv": "u,v\n7,8\n",
        "xs.csv": "x,n\n1,5\n2,6\n",
        "ys.csv": "x,y,z\n3,1,2\n4,3,4\n",
    }
    for name, text in texts.items():
        project.write(f"plots/{name}", text)
    project.write("dvc.yaml", (project / "dvc.yaml").read_text() + ODD)
    project.commit("Declare odd plots")
    ours = {
        (plot["file"], plot["y_label"], *point)
        for plot in plots(project, "--rev", "HEAD").values()
        for point in points(plot, "candidate") or ()
    }
    assert ours == set(points_of_dvc(project))


def points_of_dvc(project: Folder) -> Iterator[tuple[str, str, float, float]]:
    """(file, column, x, y) of each point that `dvc plots show` draws at HEAD."""
    from dvc.render.match import match_defs_renderers
    from dvc.repo import Repo

    with contextlib.chdir(project.path), warnings.catch_warnings(), Repo(".") as repo:
        warnings.simplefilter("ignore")  # warnings of DVC's libraries
        found = repo.plots.show(revs=["HEAD"])
        for match in match_defs_renderers(found, templates_dir=repo.plots.templates_dir):
            renderer = match.renderer
            for point in renderer.datapoints:
                x, y = (float(point[renderer.properties[axis]]) for axis in ("x", "y"))
                yield full_path(project, renderer, point["filename"]), point["field"], x, y


def full_path(project: Folder, renderer: Any, short: str) -> str:  # noqa: ANN401 (dvc has no types)
    """DVC shortens the names of several files to what differs."""
    names = (str(renderer.name), short, f"plots/{short}")
    return next(name for name in names if (project / name).is_file())


def test_a_folder_that_leads_elsewhere_is_not_searched(project: Folder) -> None:
    other = project.path.parent / "other"
    other.mkdir()
    (other / "roc.csv").write_text(ROC.format(0.5))
    (project / "elsewhere").symlink_to(other)
    with closing(open_project(str(project.path), now=datetime(2026, 3, 1, tzinfo=UTC))) as opened:
        files = PlotFiles(opened, None, evidence(opened, None, staleness=False).pipeline)
        assert files.files_of("elsewhere") == ["elsewhere"]


def test_a_file_that_a_plot_draws_has_no_second_picture_by_its_rows(empty_repository: Folder) -> None:
    stage = (
        "stages:\n  draw:\n    cmd: echo\n    plots: [loss.csv: {cache: false}, other.csv: {cache: false}]\n"
    )
    top = "plots:\n  - Loss: {x: step, y: {loss.csv: loss}}\n"
    empty_repository.write("dvc.yaml", stage + top)
    empty_repository.write("mlgit.yaml", "version: 1\n")
    empty_repository.write("loss.csv", "step,loss\n0,2\n1,1\n")
    empty_repository.write("other.csv", "step,acc\n0,0.5\n1,0.9\n")
    empty_repository.commit("Draw")
    assert set(plots(empty_repository)) == {"Loss", "acc"}


def test_no_plot_is_read_for_a_check(drawn: Folder) -> None:
    assert drawn.here("check", "--json").json()["plots"] == []
