"""The modules that mutation testing measures, and the unit tests of each; later ones are measured last."""

from __future__ import annotations

_GATES = "tests/unit/gates/test_"
_ORIGIN = "tests/unit/pipeline/test_origin.py"
_MEASURED = {
    "contents": ("data_apart", "data_contents", "data_folders", "data"),
    "data": (
        "data",
        "data_named",
        "data_recorded",
        "data_contents",
        "data_folders",
        "data_apart",
        "model_folder",
    ),
    "gone": ("gone_stages",),
    "measuring": (
        *("model_folder", "data_recorded", "data_apart", "gone_stages", "parameters", "data"),
        *("data_folders", "numbers"),
    ),
    "numbers": ("numbers", "numbers_of_two"),
    "parameters": ("parameters_named", "parameters", "model_folder"),
    "parts": ("trainers", "model_folder"),
    "programs": ("programs",),
    "spelling": ("spelling",),
}
_UNMEASURED = {
    "before": ("before",),
    "made": ("other_files_inside", "other_files"),
    "other_files": ("other_files_inside", "other_files", "before"),
}
_CHAIN = ("losses", "losses_by_maker", "elsewhere")
_RESOLVED = {
    "comparisons": ("comparisons", "references", "resolution"),
    "findings": (
        "comparisons",
        "resolution",
        "references",
        "findings_decided",
        "baseline_rules",
        "model_origins",
    ),
    "ignored": ("ignored",),
    "lost": ("baseline_rules", "places"),
    "merged": ("merged_rules",),
    "model_origins": ("models_made_from", "model_origins"),
    "models": ("setting_changes",),
    "renames": ("renames",),
    "resolution": ("references", "resolution", "stage_changes", "model_origins"),
    "rules": ("resolution", "merged_rules", "setting_changes"),
    "settings": ("new_targets", "setting_changes"),
    "stage_changes": ("stages_elsewhere", "stage_changes", "undeclared_renamed"),
}
_MADE = [f"tests/unit/pipeline/test_{name}.py" for name in ("made_inputs", "elsewhere")]
_TRUST = {
    "earlier": ("earlier",),
    "kept": ("moved_releases", "accept", "doubt"),
    "look": ("look",),
    "moved": ("moved_releases", "accept"),
    "relied_on": ("relied_on", "steps"),
    "taken_out": ("taken_out", "accept"),
}
_MOVED = ["tests/unit/trust/test_relied_on.py", "tests/unit/release/test_promotion.py"]
_MORE = ("rules_shown", "rules", "stated_gates", "registered_again", "taken_out", "numbers")
_REGISTRY = {
    "entries": ("served", "entries", "live_first"),
    "events": ("events",),
    "message": ("message", "message_summary", "statement"),
    "message_summary": ("message_summary",),
    "moves": ("moves", "state"),
    "statement": ("statement_exact", "statement"),
    "tags": ("tag_ways", "tags"),
}
TESTS = {
    "mlgit/core/gates/limits.py": [f"{_GATES}{name}.py" for name in ("limits", "effects")],
    "mlgit/core/gates/waivers.py": [
        f"{_GATES}{name}.py"
        for name in ("waivers", "waived", "waived_names", "effects", "decision", "findings_decided", "people")
    ],
    "mlgit/core/gates/gate_changes.py": [f"{_GATES}{name}.py" for name in ("gate_changes", "merged_rules")],
    "mlgit/core/gates/decision.py": [
        f"{_GATES}{name}.py" for name in ("decision", "gates_sha", "findings_decided", "by_model", "waived")
    ],
    "mlgit/core/gates/evaluate.py": [
        f"{_GATES}{name}.py"
        for name in ("evaluate", "effects", "limits", "unread_baselines", "decision", "gates_sha")
    ],
    "mlgit/core/registry/replay.py": [
        *(f"tests/unit/registry/test_{name}.py" for name in ("replay", "state", "events", "completeness")),
        "tests/unit/trust/test_doubt.py",
    ],
    "mlgit/core/registry/semver.py": ["tests/unit/registry/test_semver.py"],
    "mlgit/core/ci/after_merge.py": [f"tests/unit/ci/test_after_{name}.py" for name in ("merge", "rename")],
    "mlgit/core/gates/places.py": [
        f"{_GATES}{name}.py"
        for name in ("places", "evaluate", "unread_baselines", "nulls_and_lists", "baseline_rules")
    ],
    "mlgit/core/gates/people.py": [f"{_GATES}{name}.py" for name in ("people",)],
    **{
        f"mlgit/core/gates/resolved/{module}.py": [
            *(f"{_GATES}{name}.py" for name in names),
            *(_MADE if module == "stage_changes" else ()),
        ]
        for module, names in _RESOLVED.items()
    },
    **{
        f"mlgit/core/pipeline/chain/{module}.py": [
            *(f"tests/unit/pipeline/test_{name}.py" for name in (module, *_CHAIN)),
            _ORIGIN,
        ]
        for module in ("losses", "readers")
    },
    **{
        f"mlgit/core/gates/measured/{module}.py": [f"{_GATES}{name}.py" for name in names]
        for module, names in _MEASURED.items()
    },
    **{
        f"mlgit/core/gates/unmeasured/{module}.py": [f"{_GATES}{name}.py" for name in names]
        for module, names in _UNMEASURED.items()
    },
    "mlgit/core/pipeline/chain/renamed_runs.py": ["tests/unit/pipeline/test_renamed_runs.py"],
    "mlgit/core/pipeline/origin.py": [
        _ORIGIN,
        *(
            f"tests/unit/pipeline/test_{name}.py"
            for name in ("origins_compared", "losses", "made_inputs", "elsewhere")
        ),
        *(f"{_GATES}{name}.py" for name in ("model_origins", "comparisons")),
    ],
    **{
        f"mlgit/core/trust/{module}.py": [f"tests/unit/trust/test_{name}.py" for name in names]
        for module, names in _TRUST.items()
    },
    **{
        f"mlgit/core/registry/{module}.py": [
            *(f"tests/unit/registry/test_{name}.py" for name in names),
            *(_MOVED if module == "moves" else ()),
        ]
        for module, names in _REGISTRY.items()
    },
    "mlgit/core/overview/next_step.py": [
        f"tests/unit/overview/test_{name}.py" for name in ("next_step", "status", "environments_in_order")
    ],
    "mlgit/core/overview/checkout.py": ["tests/unit/overview/test_checkout.py"],
    "mlgit/core/trust/accept.py": [
        f"tests/unit/trust/test_{name}.py" for name in ("refusals", "accept", *_MORE)
    ],
    "mlgit/core/trust/rules.py": [
        *(f"tests/unit/trust/test_{name}.py" for name in ("rules_shown", "rules", "accept", "stated_gates")),
        "tests/unit/release/test_ways_back.py",
    ],
    "mlgit/core/trust/doubt.py": [f"tests/unit/trust/test_{name}.py" for name in ("doubt", "accept")],
    "mlgit/core/trust/marks.py": [f"tests/unit/trust/test_{name}.py" for name in ("marks", "look", "accept")],
    "mlgit/core/trust/proof.py": [
        f"tests/unit/trust/test_{name}.py" for name in ("proof", "accept", "rules")
    ],
    "mlgit/core/gates/waived_names.py": [f"{_GATES}{name}.py" for name in ("waived_names",)],
    "mlgit/core/pipeline/known_models.py": [
        "tests/unit/pipeline/test_known_models.py",
        f"{_GATES}setting_changes.py",
    ],
    "mlgit/core/pipeline/inputs.py": ["tests/unit/pipeline/test_inputs.py"],
    "mlgit/core/registry/completeness.py": [
        "tests/unit/registry/test_completeness.py",
        "tests/unit/release/test_promotion.py",
    ],
    "mlgit/core/registry/state.py": [
        *(f"tests/unit/registry/test_{name}.py" for name in ("state", "replay", "entries", "events")),
        *(f"tests/unit/trust/test_{name}.py" for name in ("accept", "doubt")),
        "tests/unit/release/test_promotion.py",
    ],
    "mlgit/core/registry/readiness.py": ["tests/unit/registry/test_readiness.py"],
    "mlgit/core/fetch_settings.py": ["tests/unit/test_fetch_settings.py"],
}
