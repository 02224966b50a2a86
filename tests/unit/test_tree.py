"""Tree: a commit and the working tree have the same methods."""

from __future__ import annotations

import inspect

import pytest

from mlgit.adapters.git.objects import CommitTree
from mlgit.adapters.git.worktree import WorkingTree
from mlgit.core.tree import Tree

METHODS = sorted(name for name in vars(Tree) if not name.startswith("_"))


@pytest.mark.parametrize("kind", [CommitTree, WorkingTree])
@pytest.mark.parametrize("name", METHODS)
def test_both_kinds_have_the_methods_of_a_tree(kind: type[Tree], name: str) -> None:
    promised, offered = (inspect.getattr_static(each, name) for each in (Tree, kind))
    assert isinstance(offered, property) == isinstance(promised, property)
    if not isinstance(promised, property):
        assert list(inspect.signature(offered).parameters) == list(inspect.signature(promised).parameters)
