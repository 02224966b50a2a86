"""Changes that can make no difference, with the reason."""

from __future__ import annotations

_WORD = "every word has the same number before it, and a higher one than any number has"
_COUNTED = "these tags have a counter; the type does not say so"
_PARSED = "the names of ignored tags were parsed before; the type does not say so"
_NEVER_ASKED = "nobody asks when a tag that stands for a name was made"
_A_STAGE = "each of these models has a stage that makes it; the type does not say so"
_NO_STAGE = "no stage has the name None; the type does not say so"
_EXACTLY = "what is read exactly has the same summary"
_AFTER = "what is after the mark is not at the beginning of the message"
_TYPE = "it is there, and not empty; the type does not say so"
_DECLARED = "what has a value is declared"
_NAMELESS = "a model without a name has no path; the type does not say so"
_ALIKE = (
    "before is not None and after is not None and ((before.cmd, before.params, before.deps.keys()) == "
    "(after.cmd, after.params, after.deps.keys())) and "
    "all((before.content(dep) == after.content(dep) for dep in before.deps))"
)
EQUIVALENT: dict[str, dict[str, str]] = {
    "mlgit/core/gates/measured/contents.py": {
        "0 -> 1 in `elif all(there) and name in tracked[0]:`": "what has another owner was reported before",
    },
    "mlgit/core/gates/measured/data.py": {
        "filter dropped in `for dep in was if not covered(dep, now)`": "what is covered never moved",
        "without `path is None` in `path is None or covered(dep, [path])`": "there is no model then",
        "without `old is None` in `old is None or new is None`": "nothing is lost; the type does not say so",
        "without `other is None` in `other is None or not known or content.md5 != other.md5`": _TYPE,
        "without `''` in `md5 or ''`": "both say that no hash is known; the type does not say so",
        "without `''` in `model_of(gate) or ''`": _TYPE,
        f"without `before is not None` in `{_ALIKE}`": "what never ran has no hash; the type does not say so",
        f"without `after is not None` in `{_ALIKE}`": "what never ran has no hash; the type does not say so",
    },
    "mlgit/core/gates/measured/measuring.py": {
        "without `''` in `name or ''`": _TYPE,
        "without `''` in `number or ''`": _NO_STAGE,
    },
    "mlgit/core/gates/measured/numbers.py": {
        "returns None in `return ''`": "neither is a way to know a model",
        "without `''` in `gate.path or ''`": _TYPE,
        "without `''` in `gates[0].path or ''`": _TYPE,
        "without `''` in `reading[0].path or ''`": _TYPE,
        "filter dropped in `for each in gates if each.source`": _TYPE,
        "without `''` in `owner or ''`": _TYPE,
        "without `gate.source is not None` in `other is not None and gate.source is not None "
        "and (not known & {gate.model, None})`": _TYPE,
        "filter dropped in `for each in after.gates if each.model is not None`": _NAMELESS,
    },
    "mlgit/core/gates/measured/spelling.py": {
        "filter dropped in `for file in stage.params if file.endswith((*_YAML, _PYTHON))`": (
            "it saves work: of other files nothing is compared"
        ),
        "without `statement.value is None` in `not isinstance(statement, (ast.Assign, ast.AnnAssign)) "
        "or statement.value is None`": "None is not a literal either; the type does not say so",
    },
    "mlgit/core/pipeline/chain/readers.py": {
        "without `''` in `new.last or ''`": _NO_STAGE,
    },
    "mlgit/core/trust/look.py": {
        "Lt -> LtE in `end < 0`": _AFTER,
        '0 -> 1 in `rest = b"" if end < 0 else message[end:].strip()`': _AFTER,
        "0 -> 1 in `line = message[start:] if end < 0 else message[start:end]`": _AFTER,
        '0 -> 1 in `fact = TagFact(name, tag, "", commit, 0, "", "", lambda _: message)`': _NEVER_ASKED,
        "without `NO_STATEMENT` in `problem or NO_STATEMENT`": "there is a mark, so there is a problem",
    },
    "mlgit/core/trust/relied_on.py": {
        "without `''` in `fact.name.environment or ''`": _TYPE,
    },
    "mlgit/core/trust/kept.py": {
        "without `change.assigned is None` in `change.assigned is None and left is None`": (
            "after an assignment something is there"
        ),
        "False -> True in `return False`": "without a change that counts nothing is there",
        "0 -> 1 in `if name.environment is not None and (name.counter or 0) < _ABSURD:`": "both are small",
        "without `each.rejected is None` in `each.rejected is None or each.version in rejected`": (
            "it is read only of a version that is rejected"
        ),
    },
    "mlgit/core/trust/earlier.py": {
        "without `stated.version is None` in `fact.name.action != 'unassign' or "
        "stated.action == 'unassign' or stated.version is None`": "no release has the number None",
    },
    "mlgit/core/gates/measured/parameters.py": {
        "without `gate.model` in `gate.model and (path := model_of(gate))`": _NAMELESS,
        "filter dropped in `for address, stage in self._side.before(self._makers).items() "
        "if address not in measuring`": "what stages that measure declare themselves is not wider there",
        "without `new is None` in `new is None and (not narrowest(name, now.names))`": _DECLARED,
        "without `old is None` in `old is None and (not narrowest(name, was.names)) "
        "and _is_renamed(new, was, now)`": _DECLARED,
    },
    "mlgit/core/pipeline/origin.py": {
        "without `origin.name is None` in `path is None or origin.name is None`": _NO_STAGE,
        "filter dropped in `for dep in deps if dep not in same`": "it saves work",
    },
    "mlgit/core/registry/entries.py": {
        "without `''` in `declared[name].source or ''`": "no environment has the name None",
    },
    "mlgit/core/gates/measured/parts.py": {
        "returns None in `return 'part'`": "such an output is the whole model, so nothing is made after it",
    },
    "mlgit/core/gates/limits.py": {
        "False -> True in `rising: bool = False`": "it is read for failures only, and each of these gives it",
    },
    "mlgit/core/gates/decision.py": {
        "without `result.file is not None` in `result.made_by_hand and result.file is not None`": (
            "what was made by hand is in a file; the type does not say so"
        ),
    },
    "mlgit/core/gates/evaluate.py": {
        "without `''` in `environment or ''`": "no environment has the name None; the type does not say so",
    },
    "mlgit/core/gates/resolved/merged.py": {
        "without `own is not None` in `order is None and own is not None`": (
            "two gates that are there have no order; the type does not say so"
        ),
    },
    "mlgit/core/gates/resolved/lost.py": {
        "without `''` in `entry.baseline.reason or ''`": "None is no reason either; the type does not say so",
        "without `gate.vs is not None` in `gate.vs is not None and vs_key(gate.vs) == vs`": (
            "no baseline has the key None; the type does not say so"
        ),
    },
    "mlgit/core/gates/resolved/stage_changes.py": {
        "filter dropped in `for owner in last if owner`": _NO_STAGE,
        "filter dropped in `for stage in chain if stage.address in here`": "a gone stage is not asked for",
    },
    "mlgit/core/gates/resolved/settings.py": {
        "without `''` in `_default(key, now) or ''`": "no setting is None; the type does not say so",
        "without `not command` in `entry.target != 'command' or not command`": (
            "such a target has a command; the type does not say so"
        ),
    },
    "mlgit/core/registry/readiness.py": {
        "without `whole is None` in `whole is None or names is None`": "without a whole there are no names",
        "without `output.pointer is not None` in `output.pointer is not None and output.pointer.directory`": (
            "what was never made was reported before; the type does not say so"
        ),
        "filter dropped in `for path in paths if 'mlgit.' in path.lower() or 'waiver' in path.lower()`": (
            "it saves work: the names are compared whole afterwards"
        ),
    },
    "mlgit/core/trust/doubt.py": {
        "Gt -> GtE in `_counter(refusal.fact) > _counter(half)`": (
            "a tag of the same change is not refused without the half"
        ),
        '0 -> 1 in `fact = TagFact(parsed, tag, "", "", 0, "", "", lambda _: "")`': _NEVER_ASKED,
        "And -> Or in `tag is not None and parsed is not None`": _PARSED,
        "without `tag is not None` in `tag is not None and parsed is not None`": _PARSED,
        "without `parsed is not None` in `tag is not None and parsed is not None`": _PARSED,
        "0 -> 1 in `return fact.name.counter or 0`": "counters begin at 1",
        "without `name is not None` in `name is not None and name.environment is not None`": _PARSED,
    },
    "mlgit/core/trust/marks.py": {
        "without `''` in `fact.name.environment or ''`": "it has an environment; the type does not say so",
    },
    "mlgit/core/ci/after_merge.py": {
        "Lt -> LtE in `version.version < here.version.version`": "the same version was reported before",
    },
    "mlgit/core/gates/resolved/model_origins.py": {
        "returns None in `return ()`": _A_STAGE,
        "without `last is not None` in `last is not None and covered(old.path, last.deps) and "
        "({*makers} <= before - {last.address})`": _A_STAGE,
        "without `old.path is None` in `old.path is None or old.path == new.path or len(new.makers) != 1`": (
            "nothing reads a path None; the type does not say so"
        ),
        "without `old.path == new.path` in `old.path is None or old.path == new.path "
        "or len(new.makers) != 1`": ("no stage reads what it makes"),
        "Or -> And in `before is None or after is None`": _A_STAGE,
        "without `before is None` in `before is None or after is None`": _A_STAGE,
        "without `after is None` in `before is None or after is None`": _A_STAGE,
    },
    "mlgit/core/trust/accept.py": {
        "without `fact.name.environment is not None` in `fact.name.environment is not None "
        "and fact.tag not in refused`": "it saves work: other tags are about no environment",
        "without `statement is not None` in `problem is None and statement is not None`": (
            "without a problem there is a statement here; the type does not say so"
        ),
    },
    "mlgit/core/trust/rules.py": {
        "without `version is None` in `version is None or version.version.final`": (
            "what states a policy has a release; the type does not say so"
        ),
        "without `policy is not None` in `broken is None and policy is not None`": (
            "trunk has no place for None; the type does not say so"
        ),
        "Gt -> GtE in `places.get(each, 0) > places[policy]`": "only the policy itself is at its place",
        "without `newest is None` in `newest is None or not facts.precedes(policy, newest)`": (
            "no commit is None; the type does not say so"
        ),
        "without `found is not None` in `policy is not None and declared is None and (found is not None) "
        "and (found.action == 'promote')`": "a policy is in a statement; the type does not say so",
    },
    "mlgit/core/overview/next_step.py": {
        "without `''` in `status.tags_known.why or ''`": _TYPE,
        "without `''` in `command_of(unread[0].hint) or ''`": _TYPE,
    },
    "mlgit/core/registry/tags.py": {
        "without `model is None` in `model is None or parts is None`": (
            "without a model no parts were read; the type does not say so"
        ),
    },
    "mlgit/core/registry/moves.py": {
        "without `known.rejected is None` in `known is None or not known.withdrawn "
        "or known.rejected is None`": ("what is withdrawn was rejected; the type does not say so"),
        "without `after is not None` in `after is not None and change.assigned is not None and "
        "(change.assigned.commit == after)`": "no commit is None; the type does not say so",
    },
    "mlgit/core/registry/message_summary.py": {
        "60000 -> 60001 in `_LARGEST_USUAL = 60_000  # bytes; near the limit of a statement, "
        "which counts characters, read it exactly`": _EXACTLY,
        "LtE -> Lt in `len(message) - place <= _LARGEST_USUAL`": _EXACTLY,
        "Sub -> Add in `len(message) - place`": _EXACTLY,
        "Gt -> GtE in `message.find(release_ends, place, message.find(b'\\n', found.end())) > 0`": _AFTER,
        '0 -> 1 in `if message.find(release_ends, place, message.find(b"\\n", found.end())) > 0:`': _AFTER,
        "without `text is None` in `text is None or text == b'null'`": "a move has both texts",
    },
    "mlgit/core/registry/semver.py": {
        # of two changes with these words one is equivalent
        '0 -> 1 in `ranks = tuple((0, int(part), "") if part.isdigit() '
        "else (1, 0, part) for part in pre)`": _WORD,
        '1 -> 2 in `ranks = tuple((0, int(part), "") if part.isdigit() '
        "else (1, 0, part) for part in pre)`": _WORD,
    },
    "mlgit/core/registry/state.py": {
        "Gt -> GtE in `len(candidates) > 1`": "it saves work: of one candidate nothing is chosen",
    },
    "mlgit/core/registry/replay.py": {
        "without `0` in `fact.name.counter or 0`": _COUNTED,
        "0 -> 1 in `return fact.name.counter or 0, "
        'fact.name.action in {"assign", "deregister"}, fact.tag`': _COUNTED,
        "0 -> 1 in `counter=max((fact.name.counter or 0 for fact in facts), default=0),`": (
            "without any fact the counter is taken from elsewhere (one of two changes on this line)"
        ),
    },
    "mlgit/core/gates/waivers.py": {
        "without `result.candidate is not None` in `result.outcome == 'fail' and waiver.floor is not None "
        "and (result.candidate is not None)`": "every failure has a number; the type does not say so",
    },
}
"""Changes, as the command prints them, that no test could see: by file, with the reason."""
