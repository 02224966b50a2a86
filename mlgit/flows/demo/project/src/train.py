"""Train on data/train.csv and write models/tumor.skops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import skops.io
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler


def build(params: dict[str, object]) -> Pipeline:
    """The estimator that `params.yaml` selects."""
    if params["model"] == "logistic":
        return make_pipeline(StandardScaler(), LogisticRegression(C=params["C"]))
    if params["model"] == "neighbours":
        return make_pipeline(StandardScaler(), KNeighborsClassifier(params["neighbours"], algorithm="brute"))
    raise SystemExit(f"params.yaml: train.model is {params['model']!r}, not logistic or neighbours")


def main() -> None:
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["train"]
    table = np.loadtxt("data/train.csv", delimiter=",", skiprows=1)
    model = build(params).fit(table[:, 1:-1], table[:, -1].astype(int))
    path = Path("models/tumor.skops")
    path.parent.mkdir(exist_ok=True)
    skops.io.dump(model, path)


if __name__ == "__main__":
    main()
