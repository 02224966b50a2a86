"""Very many metrics: what one job writes, the next one reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlgit.adapters.runner import report as reader
from mlgit.core.ci import report
from mlgit.errors import Exit
from mlgit.flows.ci import publish

if TYPE_CHECKING:
    import pytest

    from tests.support.pull_request import PullRequest

MANY = 10_000
CONFIG = """\
version: 1
numbers: committed
models:
  line: {path: models/line.json, metrics: [classes.json]}
gates:
  first: {metric: "class 0000.f1", min: 0}
"""


def with_many(pull: PullRequest, count: int) -> None:
    """A pull request in which half of the metrics change."""
    project = pull.project
    for branch, factor in (("main", 7), ("topic", 8)):
        project.git("checkout", "-q", "-B", branch, "main")
        numbers = {f"class {i:04}": {"f1": i / (factor if i % 2 else 7)} for i in range(count)}
        project.write("classes.json", json.dumps(numbers))
        project.write("mlgit.yaml", CONFIG)
        project.commit("Measure every class")
        project.git("push", "-qf", "origin", branch)
    pull.update_head()


def test_ten_thousand_metrics_reach_the_pull_request(pull: PullRequest) -> None:
    with_many(pull, MANY)
    done = pull.ci("pr")
    assert done.status == Exit.DONE, done.out + done.err
    written = (pull.folder / "report.json").read_text()
    numbers = json.loads(written)["check"]["metrics"]
    assert len(numbers) == MANY
    assert sum(each["baseline"] != each["candidate"] for each in numbers) == MANY // 2
    done = pull.ci("comment")
    assert done.status == Exit.DONE, done.err
    assert pull.bodies() == [(pull.folder / "report.md").read_text()]
    assert f"All metrics: {MANY // 2} of {MANY} changed" in pull.bodies()[0]


def test_what_does_not_fit_is_left_out_and_named(pull: PullRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    with_many(pull, 100)
    monkeypatch.setattr(publish, "MOST_BYTES", 20_000)
    assert pull.ci("pr").status == Exit.DONE
    assert "metrics are left out, because there are too many" in (pull.folder / "report.json").read_text()
    done = pull.ci("comment")
    assert done.status == Exit.DONE, done.err
    assert "metrics are left out, because there are too many" in pull.bodies()[0]
    monkeypatch.setattr(publish, "MOST_BYTES", 2_000)
    done = pull.ci("pr")
    assert done.status == Exit.STATE
    assert "The verdict is larger than" in (pull.folder / "report.json").read_text()


def test_writer_and_reader_have_one_limit() -> None:
    found = {vars(module)["MOST_BYTES"] for module in (reader, publish, report)}
    assert found == {8 << 20}
