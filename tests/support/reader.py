"""Read what is served, over and over: `python reader.py CURRENT STOP once|twice`; counts as JSON at the end.

`once` resolves the link once a load, as a server should; `twice` follows it for each file. Until the file
STOP is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys


def load(release: str) -> bool:
    """Whether manifest and file belong together; a lost read raises."""
    with open(os.path.join(release, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    (only,) = manifest["files"]
    with open(os.path.join(release, only["path"]), "rb") as model:
        return hashlib.sha256(model.read()).hexdigest() == str(only["sha256"])


def main() -> int:
    current, stop, how = sys.argv[1:]
    # Whoever deploys comes first: readers that take the processors for themselves only make a test long.
    os.nice(10)
    counts = {"loads": 0, "lost": 0, "mixed": 0, "releases": 0}
    seen = set()
    while not os.path.exists(stop):
        release = os.path.realpath(current, strict=True) if how == "once" else current
        seen.add(os.readlink(current))
        try:
            counts["mixed"] += not load(release)
        except OSError:
            counts["lost"] += 1
        counts["loads"] += 1
    print(json.dumps(counts | {"releases": len(seen)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
