"""A commit and the working tree can be read alike."""

from __future__ import annotations

import inspect

import pytest

from mlgit.adapters.git.objects import CommitTree
from mlgit.adapters.git.worktree import WorkingTree
from mlgit.core.tree import Tree

PROMISED = sorted(name for name in vars(Tree) if not name.startswith("_"))


@pytest.mark.parametrize("kind", [CommitTree, WorkingTree])
@pytest.mark.parametrize("name", PROMISED)
def test_both_trees_offer_what_a_tree_promises(kind: type[Tree], name: str) -> None:
    promised, offered = (inspect.getattr_static(each, name) for each in (Tree, kind))
    assert isinstance(offered, property) == isinstance(promised, property)
    if not isinstance(promised, property):
        assert list(inspect.signature(offered).parameters) == list(inspect.signature(promised).parameters)
