"""Sampled: of a long table of integration tests, the rows that run where the whole suite does.

`MLGIT_TEST_PROFILE=thorough` runs them all, and so does a run of single files.
"""

from __future__ import annotations

import os
import zlib
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

ROWS = 3
"""Of a table, those whose names have the smallest checksums: any mixture, and the same one in each run."""
_FILES = 20
_WHERE = "tests/integration/"


def left_out(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests that the quick profile leaves out of these."""
    tables: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.nodeid.startswith(_WHERE) and "[" in item.nodeid:
            tables[item.nodeid.partition("[")[0]].append(item)
    files = {item.path for item in items}
    if len(files) <= _FILES or os.environ.get("MLGIT_TEST_PROFILE") == "thorough":
        return []
    by_checksum = (sorted(rows, key=lambda row: zlib.crc32(row.nodeid.encode())) for rows in tables.values())
    return [row for rows in by_checksum for row in rows[ROWS:]]
