"""A whole mlgit.yaml for tests, and ways to read one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.config.loader import load
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from mlgit.core.config.file import Config

WHOLE = """\
# yaml-language-server: $schema=x
version: 1
models:
  tumor: {path: ./models//tumor.skops, description: Benign or malignant, metrics: [metrics/*.json]}
  sub/dir:Old_Name:
directions: {profit_eur: up}
gates:
  auc-floor: {metric: auc, min: 0.950}
  auc-vs-prod: {metric: auc, vs: prod, max_drop: 5e-3, models: [tumor]}
  loss-vs-base: {metric: logloss, vs: base, max_rise: 2.5%, on_no_baseline: fail, when: promote}
  fast: {metric: latency.p95_ms, min: 0, max: 50, severity: warn, model: tumor}
  ref: {metric: auc, vs: {file: a/../ref.json}, max_drop: 0, max_rise: 1, on_inconclusive: allow}
environments:
  staging: {auto: true, pre: true}
  prod: {from: staging, gates: [auc-vs-prod]}
  old:
"""


def read(text: str) -> Config:
    return load(text.encode(), name="mlgit.yaml", cache_dir=None)


def refused(text: str | bytes) -> ConfigError:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(ConfigError) as caught:
        load(content, name="mlgit.yaml", cache_dir=None)
    return caught.value


def outcome(content: bytes) -> Config | ConfigError:
    try:
        return load(content, name="mlgit.yaml", cache_dir=None)
    except ConfigError as error:
        return error
