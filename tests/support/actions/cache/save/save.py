"""Save folders under a key, unless the key exists."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import quote


def main() -> None:
    """Copy each folder of `path`."""
    place = Path(os.environ["STAND_IN_STORE"], "caches", quote(os.environ["IN_KEY"], safe=""))
    if place.exists():
        print(f"Unable to reserve cache with key {os.environ['IN_KEY']}: it exists already")
        return
    place.mkdir(parents=True)
    for number, line in enumerate(os.environ["IN_PATH"].split("\n")):
        source = Path(line.strip()).expanduser()
        if line.strip() and source.is_dir():
            shutil.copytree(source, place / str(number), symlinks=True)
    print(f"Cache saved with key {os.environ['IN_KEY']}")


if __name__ == "__main__":
    main()
