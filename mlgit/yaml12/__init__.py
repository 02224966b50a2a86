"""YAML 1.2 as DVC reads it: libyaml's parser with the resolvers of the newer dialect.

PyYAML alone reads 1.1, where `1e-3` is text and `yes` is a boolean. A key that appears twice in a mapping is
always refused. Times and dates stay text, as in the 1.2 core schema.
"""

from __future__ import annotations

from mlgit.yaml12.anchors import TOO_MANY
from mlgit.yaml12.dialects import load_both
from mlgit.yaml12.nodes import Node, plain
from mlgit.yaml12.reader import compose, load
from mlgit.yaml12.repeats import refuse_repeating
from mlgit.yaml12.scalars import scalar

__all__ = ["TOO_MANY", "Node", "compose", "load", "load_both", "plain", "refuse_repeating", "scalar"]
