"""Keep files of this run: one artifact per name, without hidden files and without the common folder."""

from __future__ import annotations

import glob
import os
import shutil
import sys
from pathlib import Path


def hidden(path: Path) -> bool:
    """Whether a part of the name starts with a dot."""
    return any(part.startswith(".") and part not in {".", ".."} for part in path.parts)


def found(patterns: list[str]) -> tuple[list[Path], Path]:
    """The files that match the patterns, and the folder that their names in the artifact are relative to."""
    roots, files = [], set()
    for pattern in patterns:
        for name in glob.glob(pattern, recursive=True, include_hidden=True):
            path = Path(name)
            roots.append(path if path.is_dir() else path.parent)
            files |= {inner for inner in path.rglob("*") if inner.is_file()} if path.is_dir() else {path}
    if os.environ["IN_INCLUDE_HIDDEN_FILES"] != "true":
        files = {path for path in files if not hidden(path)}
    return sorted(files), Path(os.path.commonpath(roots)) if roots else Path()


def main() -> None:
    """Copy the files, or follow `if-no-files-found`."""
    name = os.environ["IN_NAME"]
    if not name or set(name) & set('":<>|*?\r\n\\/'):
        sys.exit(f"::error::The artifact name is not valid: {name!r}")
    files, root = found([line.strip() for line in os.environ["IN_PATH"].splitlines() if line.strip()])
    if not files:
        print(f"No files were found with the provided path: {os.environ['IN_PATH']}")
        sys.exit(1 if os.environ["IN_IF_NO_FILES_FOUND"] == "error" else 0)
    place = Path(os.environ["STAND_IN_STORE"], "artifacts", os.environ["GITHUB_RUN_ID"], name)
    if place.exists():
        if os.environ["IN_OVERWRITE"] != "true":
            sys.exit(f"::error::an artifact with this name already exists: {name}")
        shutil.rmtree(place)
    for path in files:
        target = place / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    print(f"Artifact {name} has {len(files)} files")


if __name__ == "__main__":
    main()
