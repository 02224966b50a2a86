"""Engine: what only DVC itself can do: move data, run stages, fill in templates.

This is the only package that imports `dvc`, and it does so when a function is called. The packages next
to it read pointers, which are YAML files.
"""

from __future__ import annotations

from mlgit.adapters.dvc.engine.contents import Contents, open_contents
from mlgit.adapters.dvc.engine.repro import Repro, repro
from mlgit.adapters.dvc.engine.status import status
from mlgit.adapters.dvc.engine.store import fetch_listings, fetch_outputs, missing_in_remote, push_outputs
from mlgit.adapters.dvc.engine.templates import fill_in
from mlgit.adapters.dvc.engine.transfer import fetch, has_remote, missing_here, pull, push, remote_command

__all__ = [
    "Contents",
    "Repro",
    "fetch",
    "fetch_listings",
    "fetch_outputs",
    "fill_in",
    "has_remote",
    "missing_here",
    "missing_in_remote",
    "open_contents",
    "pull",
    "push",
    "push_outputs",
    "remote_command",
    "repro",
    "status",
]
