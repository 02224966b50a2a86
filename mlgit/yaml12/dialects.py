"""Dialects: a document as DVC reads it, and as scripts do that use PyYAML, which reads YAML 1.1."""

from __future__ import annotations

import yaml

from mlgit.errors import ConfigError
from mlgit.yaml12.reader import load
from mlgit.yaml12.repeats import refuse_repeating


def load_both(content: bytes) -> tuple[object, object] | None:
    """The value of a document for DVC, and for such scripts; None if one of them cannot read it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        refuse_repeating(content, name="")
        return load(content, name="", strict=False), yaml.load(content, Loader=loader)  # noqa: S506 (a safe one)
    except (ConfigError, yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError):
        return None
