"""Other tools: lines of workflows that use them are found, and others are not."""

from __future__ import annotations

import pytest

from mlgit.core.ci.other_tools import foreign_uses

PATH = ".github/workflows/cml.yaml"


@pytest.mark.parametrize(
    ("line", "thing"),
    [
        ("      cml comment create report.md", "cml comment"),
        ("    - cml-send-comment report.md", "cml comment"),
        ("    - cml send-comment report.md", "cml comment"),
        ("    - cml pr create .", "cml pr"),
        ("    - cml-pr dvc.lock", "cml pr"),
        ("    - cml runner launch --cloud=aws", "cml runner"),
        ("      cml check create report.md", "other cml commands"),
        ("      cml tensorboard connect --logdir logs", "other cml commands"),
        ("      cml publish plot.png --md >> report.md", "other cml commands"),
        ("      - uses: iterative/setup-cml@v2", "setup-cml"),
        ("    image: iterativeai/cml:0-dvc2-base1", "setup-cml"),
        ("    container: ghcr.io/iterative/cml:0-dvc3-base1", "setup-cml"),
        ("    - npm i -g @dvcorg/cml", "setup-cml"),
        ("      - uses: iterative/setup-dvc@v1", "setup-dvc"),
        ("      - uses: iterative/gto-action@v2", "gto-action"),
        ("    - gto check-ref $GITHUB_REF", "gto-action"),
        ("      STUDIO_TOKEN: ${{ secrets.STUDIO_TOKEN }}", "DVC Studio"),
        ("      DVC_STUDIO_TOKEN: x", "DVC Studio"),
        ("      url: https://studio.datachain.ai/team", "DVC Studio"),
    ],
)
def test_a_line_that_uses_another_tool_is_found(line: str, thing: str) -> None:
    (use,) = foreign_uses({PATH: f"jobs:\n{line}\n"})
    assert (use.path, use.thing) == (PATH, thing)
    assert use.equivalent


@pytest.mark.parametrize(
    "line",
    [
        "# - uses: iterative/setup-cml@v2",
        "  - run: make  # then cml comment create",
        "  - run: ./scripts/cml.sh",
        "  - uses: iterative/setup-cmlx@v1",
        "  - run: dvc repro",
        "  - run: cmlcomment",
    ],
)
def test_comments_and_lookalikes_are_not_found(line: str) -> None:
    assert foreign_uses({PATH: f"{line}\n"}) == ()


def test_a_use_is_reported_once_per_file() -> None:
    uses = foreign_uses(
        {PATH: "cml comment create a\ncml comment create b\n", "b.yml": "cml pr .\ncml comment x\n"}
    )
    assert [(use.path, use.thing) for use in uses] == [
        (PATH, "cml comment"),
        ("b.yml", "cml comment"),
        ("b.yml", "cml pr"),
    ]
