"""API: what `import mlgit` offers to programs: fetch a model, and read what the commands print as JSON.

Every call does its work in a Python process of its own (`mlgit.api.child`). So it is safe in threads, and it
changes neither the current folder nor the environment, the streams or the signal handlers of the program.
"""

from __future__ import annotations

from mlgit.api.models import get
from mlgit.api.repository import Repository, open  # noqa: A004 (`mlgit.open`)
from mlgit.core.deploy.kept import Tag

__all__ = ["Repository", "Tag", "get", "open"]
