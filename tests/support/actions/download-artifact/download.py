"""Fetch artifacts of this run or, with a token, of another run."""

from __future__ import annotations

import os
import shutil
import sys
from fnmatch import fnmatchcase
from pathlib import Path


def main() -> None:
    """Copy one artifact into `path`, or several each into a folder of its name."""
    name, run = os.environ["IN_NAME"], os.environ["IN_RUN_ID"]
    if run != os.environ["GITHUB_RUN_ID"] and not os.environ["IN_GITHUB_TOKEN"]:
        sys.exit("::error::Artifacts of another run need `github-token`")
    store = Path(os.environ["STAND_IN_STORE"], "artifacts", run)
    names = sorted(path.name for path in store.iterdir()) if store.is_dir() else []
    if name and name not in names:
        sys.exit(f"::error::Unable to download artifact(s): Artifact not found for name: {name}")
    pattern = os.environ["IN_PATTERN"] or "*"
    wanted = [name] if name else [each for each in names if fnmatchcase(each, pattern)]
    target = Path(os.environ["IN_PATH"] or ".").expanduser()
    flat = bool(name) or os.environ["IN_MERGE_MULTIPLE"] == "true"
    for each in wanted:
        shutil.copytree(store / each, target if flat else target / each, dirs_exist_ok=True)
    print(f"Downloaded {wanted} into {target}")
    with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as output:
        output.write(f"download-path={target.absolute()}\n")


if __name__ == "__main__":
    main()
