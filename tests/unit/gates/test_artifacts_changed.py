"""A model that is another file in dvc.yaml than in mlgit.yaml is a finding: other tools read that one."""

from __future__ import annotations

import pytest

from mlgit.core.gates.resolved.models import model_findings
from mlgit.core.pipeline.known_models import KnownModel

Paths = tuple[str | None, str | None]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (("m", "m"), ("m", "b"), True),
        (("m", None), ("m", "b"), True),
        (("b", "b"), ("m", "b"), True),
        (("m", "c"), ("m", "b"), True),
        (None, ("m", "b"), True),
        (("m", "b"), ("m", "b"), False),
        (("m", "m"), ("b", "b"), False),
        (("m/", "m/"), ("m/", "m"), False),
        (("m", "m"), ("m", None), False),
        (("m", "m"), (None, "b"), False),
    ],
)
def test_another_file_of_a_model_in_dvc_yaml_is_a_finding(old: Paths | None, new: Paths, named: bool) -> None:  # noqa: FBT001
    before, after = (
        [] if each is None else [KnownModel(name="line", path=each[0], artifact=each[1])]
        for each in (old, new)
    )
    found = [*model_findings(before, after, lambda _: {})]
    assert [(each.code, each.subjects, each.kind) for each in found] == [
        ("gate_repointed", ("line",), "model")
    ] * named
    text = (
        "`artifacts:` of dvc.yaml has `b` for `line`: of a release, `dvc artifacts get` fetches that, and "
        "the gates check `m`"
    )
    assert [each.text for each in found] == [text] * named
