"""What a number is measured on and with is compared also where the content of its file is not here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.measured.data import compare_data
from mlgit.core.gates.measured.parameters import parameter_notes
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.pipeline.origin import link_of, origin_of
from tests.support.measured_data import MODEL, gate, side
from tests.unit.gates import test_parameters as params

DATA = side({"t.csv": "a"}), side({"t.csv": "b"})
PARAMS = params.pipeline({"evaluate": {"limit": 10}}), params.pipeline({"evaluate": {"limit": 1}})


def unread(known: ResolvedGate, *others: Source) -> ResolvedGate:
    assert known.source is not None
    return replace(known, source=None, unread=(*others, replace(known.source, key="")))


@pytest.mark.parametrize("others", [False, True], ids=["alone", "next to another file"])
@pytest.mark.parametrize(("old", "new"), [(True, False), (False, True), (True, True)])
def test_a_file_that_is_not_here_is_known_by_what_makes_it(*, old: bool, new: bool, others: bool) -> None:
    for sides in (DATA, PARAMS):
        known = [gate(each) if sides is DATA else params.gates(each)[0] for each in sides]
        more = [
            [
                Source(
                    file="raw.json",
                    key="",
                    origin=(origin := origin_of("data/clean.csv", each)),
                    link=link_of(MODEL, origin, each),
                )
            ]
            for each in sides
        ]
        # Of several files on both sides, none says which of them has the number.
        ends = [
            unread(each, *(more[index] if others and not (old and new) else ())) if away else each
            for index, (each, away) in enumerate(zip(known, (old, new), strict=True))
        ]
        found = compare_data([ends[0]], [ends[1]], sides).notes + parameter_notes([ends[0]], [ends[1]], sides)
        assert [note.code for note in found] == ["data_changed" if sides is DATA else "params_changed"]


def test_of_several_files_that_are_not_here_none_is_taken() -> None:
    known = [gate(each) for each in DATA]
    ends = [unread(each, Source(file="other.json", key="")) for each in known]
    assert known[1].source is not None
    other = replace(known[1], source=replace(known[1].source, file="third.json"))
    assert compare_data([ends[0]], [other], DATA).notes == ()
