"""A leaderboard of templated pipelines: DVC fills each one in once, for all commits and runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.pipeline.filled import MAX_BYTES
from tests.support.leaderboards import METRICS, commit_metrics, leaderboard

if TYPE_CHECKING:
    import pytest

    from tests.support.shell import Folder


def test_dvc_is_not_asked_about_templates_without_numbers(
    project: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        (project / "dvc.yaml")
        .read_text()
        .replace("cmd: python src/train.py", "cmd: python src/train.py # ${train.slope}")
    )
    loop = "  each:\n    foreach: [a, b]\n    do: {cmd: 'echo ${item} > ${item}', outs: ['${item}']}\n"
    project.write("dvc.yaml", text.replace("artifacts:", f"{loop}artifacts:"))
    commit_metrics(project, "templated", r2=0.5)
    from mlgit.adapters.dvc.pipeline import resolved

    monkeypatch.delattr(resolved, "filled_in")
    (row,) = leaderboard(project, "-n", "1")["rows"]
    assert row["metrics"][METRICS]["r2"] == 0.5
    assert row["params"] == {"params.yaml": {"train.slope": 1.99}}


def test_templates_in_metric_paths_are_filled_in_by_dvc_and_cached(
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
    document = leaderboard(project, "-n", "3")
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

    monkeypatch.delattr(resolved, "filled_in")
    assert leaderboard(project, "-n", "3")["rows"] == document["rows"]


def foreach(project: Folder, command: str) -> None:
    project.write(
        "dvc.yaml",
        f"stages:\n  fit:\n    foreach: ${{names}}\n    do:\n      cmd: echo ${{size}} {command}\n"
        "      desc: ${size}\n      deps: ['in/${item}']\n"
        "      metrics: ['m/${item}.json': {cache: false}]\n",
    )
    for item in "abc":
        project.write(f"m/{item}.json", '{"auc": 0.5}')


def count_questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    from mlgit.adapters.dvc.pipeline import resolved

    asked: list[str] = []
    real = resolved.filled_in

    def counted(*args: object, path: str, root: str) -> object:
        asked.append(path)
        return real(*args, path=path, root=root)  # type: ignore[arg-type]

    monkeypatch.setattr(resolved, "filled_in", counted)
    return asked


def test_large_results_of_many_commits_are_cached(project: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    foreach(project, "word-" * 80_000)
    for size in range(8):
        project.write("params.yaml", f"names: [a, b, c]\nsize: {size}\n")
        project.commit(f"Size {size}")
    asked = count_questions(monkeypatch)
    document = leaderboard(project, "-n", "8")
    assert len(asked) == 8
    assert 8 * 3 * len("word-" * 80_000) > MAX_BYTES
    assert all(sorted(row["metrics"]) == ["m/a.json", "m/b.json", "m/c.json"] for row in document["rows"])
    asked.clear()
    assert leaderboard(project, "-n", "8")["rows"] == document["rows"]
    assert asked == []


def test_dvc_is_asked_once_for_what_templates_read(project: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    foreach(project, "x")
    project.write("params.yaml", "names: [a, b, c]\nsize: 1\n")
    project.commit("Loop")
    for text in ("a", "b", "c"):
        project.write("README", text)
        project.commit(f"Readme {text}")
    project.write("params.yaml", "names: [a, b, c]\nsize: 1\nother: 2\n")
    project.commit("Another parameter")
    asked = count_questions(monkeypatch)
    leaderboard(project, "-n", "5")
    assert len(asked) == 2
    project.git("config", "core.hooksPath", "none")  # no setting of DVC
    leaderboard(project, "-n", "5")
    assert len(asked) == 2
    project.write("../settings/config", "[parsing]\n    bool = boolean_optional\n")
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(project / "../settings"))
    leaderboard(project, "-n", "5")
    assert len(asked) == 4
