"""Restore the folders saved under the key, or under the newest key with one of the prefixes."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from urllib.parse import quote, unquote


def main() -> None:
    """Copy the folders back, and output the key."""
    key = os.environ["IN_KEY"]
    store = Path(os.environ["STAND_IN_STORE"], "caches")
    saved = sorted(store.iterdir(), key=lambda path: path.stat().st_mtime) if store.is_dir() else []
    names = [unquote(path.name) for path in reversed(saved)]
    starts = [line.strip() for line in os.environ["IN_RESTORE_KEYS"].splitlines() if line.strip()]
    matches = [name for name in names if name == key]
    matches += [name for start in [key, *starts] for name in names if name.startswith(start)]
    print(f"Cache for {key}: {matches[0] if matches else 'not found'}")
    if not matches and os.environ["IN_FAIL_ON_CACHE_MISS"] == "true":
        sys.exit(1)
    for number, line in enumerate(os.environ["IN_PATH"].split("\n") if matches else []):
        source = store / quote(matches[0], safe="") / str(number)
        if source.is_dir():
            shutil.copytree(source, Path(line.strip()).expanduser(), dirs_exist_ok=True, symlinks=True)
    with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as output:
        output.write(f"cache-hit={str(key in matches).lower() if matches else ''}\n")
        output.write(f"cache-matched-key={matches[0] if matches else ''}\n")


if __name__ == "__main__":
    main()
