"""Evaluate models/tumor.skops on data/test.csv; write metrics, predictions and the ROC curve."""

from __future__ import annotations

import csv
import json
import timeit
from functools import partial
from pathlib import Path

import numpy as np
import skops.io
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score, roc_curve
from sklearn.pipeline import Pipeline


def latency_p95_ms(model: Pipeline, rows: np.ndarray) -> float:
    """The time for one row (the best of three tries), at the 95th percentile of the rows."""
    tries = [timeit.repeat(partial(model.predict_proba, row[None, :]), number=1, repeat=3) for row in rows]
    return 1000 * float(np.percentile([min(taken) for taken in tries], 95))


def main() -> None:
    """Predict the test rows, then write metrics, predictions and the ROC curve."""
    model = skops.io.load("models/tumor.skops")
    table = np.loadtxt("data/test.csv", delimiter=",", skiprows=1)
    rows, measured, truth = table[:, 0].astype(int), table[:, 1:-1], table[:, -1].astype(int)
    score = model.predict_proba(measured)[:, 1]
    answer = (score >= 0.5).astype(int)
    metrics = {
        "auc": round(float(roc_auc_score(truth, score)), 4),
        "f1": round(float(f1_score(truth, answer)), 4),
        "accuracy": round(float(accuracy_score(truth, answer)), 4),
        "logloss": round(float(log_loss(truth, score)), 4),
        "latency": {"p95_ms": round(latency_p95_ms(model, measured[:100]), 2)},
        "rows": len(truth),
    }
    for folder in ("metrics", "plots", "predictions"):
        Path(folder).mkdir(exist_ok=True)
    Path("metrics/test.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    false_positives, true_positives, _ = roc_curve(truth, score)
    with Path("plots/roc.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["fpr", "tpr"])
        writer.writerows(
            [f"{fpr:.4f}", f"{tpr:.4f}"] for fpr, tpr in zip(false_positives, true_positives, strict=True)
        )
    with Path("predictions/test.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row", "y", "p", "yhat"])
        for row, y, p, yhat in zip(rows, truth, score, answer, strict=True):
            writer.writerow([row, y, f"{p:.6f}", yhat])


if __name__ == "__main__":
    main()
