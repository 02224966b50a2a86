"""Write data/raw.csv: the Breast Cancer Wisconsin (Diagnostic) data, which is part of scikit-learn."""

from __future__ import annotations

import csv
from pathlib import Path

from sklearn.datasets import load_breast_cancer


def main() -> None:
    """Write one row per tumour: `row`, thirty measurements, `malignant` (0 or 1)."""
    cells = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in cells.feature_names]
    path = Path("data/raw.csv")
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row", *names, "malignant"])
        for row, (values, benign) in enumerate(zip(cells.data, cells.target, strict=True)):
            writer.writerow([row, *(repr(float(value)) for value in values), 1 - int(benign)])
    print(f"{path}: {len(cells.data)} rows, {len(names)} measurements")


if __name__ == "__main__":
    main()
