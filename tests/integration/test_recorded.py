"""What tests copy instead of running DVC again is what DVC writes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tests.support import pipeline, recorded
from tests.support.recorded import reproduce, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.shell import Folder


def contents(place: Path) -> dict[str, tuple[int, bytes]]:
    return {path: (os.lstat(place / path).st_mode, (place / path).read_bytes()) for path in snapshot(place)}


def test_a_copy_is_bit_for_bit_what_dvc_writes(
    pipeline_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = tmp_path / "records"
    records.mkdir()
    monkeypatch.setattr(recorded, "_records", lambda: records)
    really, ran = recorded._really, []

    def counted(project: Folder, commands: Any) -> None:  # noqa: ANN401 (as it is called)
        ran.append(project)
        really(project, commands)

    monkeypatch.setattr(recorded, "_really", counted)
    names = ("by DVC", "first", "copied")
    by_dvc, first, copied = (pipeline.copy(pipeline_template, tmp_path / name) for name in names)
    before = contents(tmp_path / "by DVC")
    for slope in ("1.5", "2.0"):
        for project in (by_dvc, first, copied):
            project.write("params.yaml", f"train:\n  slope: {slope}\n")
        really(by_dvc, (recorded.REPRO, recorded.PUSH))
        reproduce(first, push=True)
        reproduce(copied, push=True)
        assert contents(tmp_path / "copied") == contents(tmp_path / "first") == contents(tmp_path / "by DVC")
    assert ran == [first, first]
    added = contents(tmp_path / "copied").keys() - before
    assert {path.split("/")[0] for path in added} == {"work", "storage"}
    assert "up to date" in copied.dvc("status")
    assert "in sync" in copied.dvc("status", "--cloud")
    assert copied.git("status", "--porcelain").split() == by_dvc.git("status", "--porcelain").split()
