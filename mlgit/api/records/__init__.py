"""Records: the types of the JSON documents that commands print, as schemas/ describes them."""

from __future__ import annotations

from mlgit.api.records.check import CheckRecord
from mlgit.api.records.diff import DiffRecord
from mlgit.api.records.metrics import MetricsRecord
from mlgit.api.records.models import ModelsRecord

__all__ = ["CheckRecord", "DiffRecord", "MetricsRecord", "ModelsRecord"]
