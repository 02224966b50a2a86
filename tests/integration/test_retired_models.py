"""A model that an environment still holds and trunk no longer declares is named, with the way out."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from tests.support.shell import Folder


@pytest.mark.parametrize(
    ("declared", "retired"),
    [
        ("clean: {path: data/clean.csv}", True),
        ("slope: {path: models/line.json}", False),  # it only has another name
        ("line: {path: models/line.json}", False),
    ],
)
def test_a_retired_model_that_is_live_is_named(staged: Folder, declared: str, *, retired: bool) -> None:
    text = (staged / "mlgit.yaml").read_text()
    staged.write("mlgit.yaml", text.replace("line: {path: models/line.json}", declared))
    pipeline = (staged / "dvc.yaml").read_text()
    staged.write("dvc.yaml", pipeline.partition("artifacts:")[0])
    staged.commit("Declare something else")
    staged.git("push", "-q")
    found = {each["id"]: each for each in staged.here("doctor", "--json").json()["findings"]}
    assert ("undeclared_and_live" in found) == retired
    if retired:
        finding = found["undeclared_and_live"]
        text = "`staging` holds `line@v1.0.0`, and mlgit.yaml on origin/main no longer declares that model"
        assert (finding["message"], finding["severity"]) == (text, "info")
        command = finding["repair"].partition("`mlgit ")[2].removesuffix("`")
        assert staged.here(*shlex.split(command)).status == Exit.DONE
        ids = {each["id"] for each in staged.here("doctor", "--json").json()["findings"]}
        assert "undeclared_and_live" not in ids
