"""A metric file that becomes a link has the number of another file, which a finding says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check
from tests.support.pipeline import DVC_YAML, EVALUATE

if TYPE_CHECKING:
    from tests.support.shell import Folder

WRITE = "json.dump(metrics, open('metrics/{}.json', 'w'))\n"
METRICS = "      - metrics/test.json: {cache: false}\n"


def linked(project: Folder, place: str, target: str) -> list[tuple[str, str]]:
    """The warnings of a commit with a link in the place of a file or folder."""
    there = project.path / place
    if there.is_dir():
        there.rename(project.path / target)
    else:
        there.unlink()
    there.symlink_to(target)
    project.commit("Link")
    notes = check(project, status=Exit.DONE)["notes"]
    return [(each["code"], each["message"]) for each in notes if each["effect"] == "warn"]


@pytest.fixture
def measured(project: Folder) -> Folder:
    """Two metric files, of which the gates read one, on a branch of its own."""
    project.write("src/evaluate.py", EVALUATE + "".join(WRITE.format(each) for each in ("easy", "hard")))
    more = "".join(METRICS.replace("test", each) for each in ("easy", "hard"))
    project.write("dvc.yaml", DVC_YAML.replace(METRICS, METRICS + more))
    project.write(
        "mlgit.yaml", (project / "mlgit.yaml").read_text().replace("r2,", '"metrics/test.json:r2",')
    )
    project.write(
        "mlgit.yaml", (project / "mlgit.yaml").read_text().replace("mae,", '"metrics/test.json:mae",')
    )
    project.dvc("repro", "-q")
    project.commit("Measure")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    return project


def test_a_metric_file_that_is_now_a_link_is_named(measured: Folder) -> None:
    start = "`mae-vs-base`, `r2-floor` of `line`: `metrics/test.json`"
    end = "to which Git has a link"
    now = f"{start} is now read from `metrics/easy.json`, {end}"
    assert linked(measured, "metrics/test.json", "easy.json") == [("gate_repointed", now)]
    measured.git("push", "-q", "origin", "HEAD:main")
    assert check(measured, status=Exit.DONE)["notes"] == []
    other = f"{start} was read from `metrics/easy.json`; it is now read from `metrics/hard.json`, {end}"
    assert linked(measured, "metrics/test.json", "hard.json") == [("gate_repointed", other)]


def test_a_link_in_the_place_of_the_folder_of_a_metric_file_is_named(measured: Folder) -> None:
    text = "`metrics/test.json` is now read from `reports/test.json`, to which Git has a link"
    found = linked(measured, "metrics", "reports")
    assert found == [("gate_repointed", f"`mae-vs-base`, `r2-floor` of `line`: {text}")]
