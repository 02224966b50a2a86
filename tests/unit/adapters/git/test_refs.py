"""Refs: listings of refs are parsed, also with branches and tags in one listing."""

from __future__ import annotations

import pytest

from mlgit.adapters.git.refs import parse_links, parse_refs, split_listing
from mlgit.adapters.git.tags.objects import REPLACED, parse_tags
from mlgit.core.registry.tags import TAGS

_HEADS = b"refs/heads/main a1 \nrefs/remotes/origin/HEAD a1 refs/remotes/origin/main\n"
_REPLACED = b"refs/replace/b2 c3 \n"
_TAGS = b"refs/tags/m@v1.0.0 d4 \nrefs/tags/refs/tags/odd e5 \n"


@pytest.mark.parametrize("heads", [b"", _HEADS])
@pytest.mark.parametrize("others", [b"", _REPLACED, _TAGS, _REPLACED + _TAGS])
def test_branches_and_tags_of_one_listing_are_separated(heads: bytes, others: bytes) -> None:
    assert split_listing(heads + others, REPLACED, TAGS) == (heads, others)


def test_a_ref_has_a_name_an_object_and_the_ref_it_links_to() -> None:
    assert parse_refs(_HEADS) == {"refs/heads/main": "a1", "refs/remotes/origin/HEAD": "a1"}
    assert parse_links(_HEADS) == {"refs/remotes/origin/HEAD": "refs/remotes/origin/main"}
    assert parse_refs("refs/heads/a\u2028b a1 \n".encode()) == {"refs/heads/a\u2028b": "a1"}


def test_tags_and_replaced_objects_are_separated() -> None:
    assert parse_tags(_REPLACED + _TAGS) == ({"m@v1.0.0": "d4", "refs/tags/odd": "e5"}, frozenset({"b2"}))
