"""The proposed waiver of a finding agrees to exactly what the finding is about, however that is named."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import example, given
from hypothesis import strategies as st

from mlgit.adapters.config.waivers import load_waivers
from mlgit.core.config.file import LOOSENED
from mlgit.core.gates.resolved.findings import Finding, note_of
from mlgit.render.escape import visible

ENTRY = re.compile(r"`(- \{[^`]*)`")
OTHER_KEYS = 'auc", reason: ok, approver: boss@example.org, expires: "2026-04-09"} # '


@given(st.text(min_size=1, max_size=60))
@example('ev"al')
@example("a\\b")
@example("a`b")
@example(OTHER_KEYS)
@example("a  b")
@example(" a")
@example("left\u202eright")
@example("\x1b[2J\n- {id: x")
@example("m\u00fcde \U0001f600")
@example("gates_loosened:auc")
def test_the_entry_agrees_to_exactly_the_named_subject(name: str) -> None:
    finding = Finding(code="policy_changed", subjects=(name,), text="It changed", kind="stage", whole=True)
    note = note_of(finding, (), "fail", day=date(2026, 3, 10))
    assert note.hint is not None
    (entry,) = ENTRY.findall(note.hint)
    assert visible(entry) == entry
    for text in (entry, entry.replace(" ", "\n    ")):
        (read,) = load_waivers(f"version: 1\nwaivers:\n  {text}\n".encode(), name="waivers.yaml")
        assert read.gate.startswith(LOOSENED)
        assert note_of(finding, (read,), "fail", day=date(2026, 3, 10)).effect == "waived"
        (other,) = load_waivers(f"version: 1\nwaivers:\n  {text}\n".encode(), name="again")
        assert other.approver == "NAME@EXAMPLE.ORG"
