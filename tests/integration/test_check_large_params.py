"""A parameter file that is too large to be read: the reason is named, and nothing of it is called gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.support.checks import GATES

if TYPE_CHECKING:
    from tests.support.shell import Folder


def test_a_parameter_file_that_is_too_large_is_named_with_its_size(project: Folder) -> None:
    project.write("mlgit.yaml", GATES + "gates:\n  floor: {metric: r2, min: 0.5}\n")
    project.commit("Rules")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    project.write("params.yaml", (project / "params.yaml").read_text() + f"#{'x' * 99}\n" * 45_000)
    project.commit("Comments")
    done = project.here("ci", "pr", "-o", "report")
    assert done.status == Exit.BLOCKED, done.out + done.err
    text = " ".join(done.out.split())
    assert "params file params.yaml could not be read: it is larger than 4 MiB" in text
    assert "fix the file, or move everything else out of it" in text
    assert "gone" not in text
