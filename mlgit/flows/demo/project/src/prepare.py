"""Split data/raw.csv into data/train.csv and data/test.csv."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import yaml


def write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def main() -> None:
    """Draw the test rows with a fixed seed; both parts keep the order of the file."""
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["prepare"]
    with Path("data/raw.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    chosen = random.Random(params["seed"])
    tested = set(chosen.sample(range(len(rows)), round(len(rows) * params["test_share"])))
    write(Path("data/train.csv"), header, [row for number, row in enumerate(rows) if number not in tested])
    write(Path("data/test.csv"), header, [row for number, row in enumerate(rows) if number in tested])


if __name__ == "__main__":
    main()
