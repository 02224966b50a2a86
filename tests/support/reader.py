"""Reader: read served files repeatedly: `python reader.py CURRENT STOP once|twice`; prints counts as JSON.

`once` resolves the link once per load, as a server should; `twice` follows it for each file. It ends when the
file STOP exists.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys


def load(release: str) -> bool:
    """Whether manifest and file match; a failed read raises."""
    with open(os.path.join(release, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    (only,) = manifest["files"]
    with open(os.path.join(release, only["path"]), "rb") as model:
        return hashlib.sha256(model.read()).hexdigest() == str(only["sha256"])


def main() -> int:
    current, stop, how = sys.argv[1:]
    # Yield to the deployment: busy readers would only make the test slow.
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
