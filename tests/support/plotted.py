"""Plotted: a check with one plot of each kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.compare.plots import Plot, confusion, curve_through

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.compare.plots import Curve
    from mlgit.core.gates.verdict import Check

BASE_ROC = [(0, 0.914), (0.01, 0.957), (0.05, 0.971), (0.12, 1), (1, 1)]
WORSE_ROC = [(0, 0.871), (0.01, 0.929), (0.07, 0.943), (1, 1)]


def sides(
    base: Sequence[tuple[float, float]] | None,
    candidate: Sequence[tuple[float, float]] | None,
    *,
    kind: str = "line",
) -> tuple[Curve, ...]:
    """The curves of the sides that are not None."""
    both = (("base", base), ("candidate", candidate))
    return tuple(
        curve_through(side, points, kind=kind)  # type: ignore[arg-type]
        for side, points in both
        if points is not None
    )


ROC = Plot(
    title="ROC",
    kind="roc",
    file="plots/roc.csv",
    x_label="false positive rate",
    y_label="true positive rate",
    curves=sides(BASE_ROC, WORSE_ROC, kind="roc"),
)
RECALL = Plot(
    title="Precision and recall",
    kind="precision_recall",
    file="plots/pr.csv",
    x_label="recall",
    y_label="precision",
    curves=sides([(0, 1), (0.8, 0.97), (1, 0.4)], [(0, 1), (0.7, 0.95), (1, 0.4)], kind="precision_recall"),
)
MATRIX = Plot(
    title="Confusion matrix",
    kind="confusion",
    file="predictions/test.csv",
    x_label="actual",
    y_label="predicted",
    cells=confusion(
        [("1", "1")] * 64 + [("1", "0")] * 6 + [("0", "0")] * 101,
        [("1", "1")] * 65 + [("1", "0")] * 5 + [("0", "1")] + [("0", "0")] * 100,
    ),
)
LOSS = Plot(
    title="loss by step",
    kind="line",
    file="dvclive/plots/metrics/loss.tsv",
    x_label="step",
    y_label="loss",
    curves=sides([(n, 2 / (n + 1)) for n in range(60)], [(n, 1.8 / (n + 1)) for n in range(100)]),
)
SAME = Plot(
    title="accuracy by step",
    kind="line",
    file="dvclive/plots/metrics/accuracy.tsv",
    x_label="step",
    y_label="accuracy",
    curves=sides([(0, 0.5), (1, 0.75)], [(0, 0.5), (1, 0.75)]),
)
MISSING = Plot(
    title="calibration",
    kind="line",
    file="plots/calibration.csv",
    x_label="step",
    y_label="calibration",
    known=False,
    notes=("`plots/calibration.csv` at bbbbbbb is not in the DVC cache of this machine",),
)
EVERY = (ROC, RECALL, MATRIX, LOSS, SAME, MISSING)


def plotted(check: Check, plots: tuple[Plot, ...] = EVERY) -> Check:
    """The check with these plots."""
    return replace(check, plots=plots)
