"""Edits of parameters, dvc.yaml, .dvcignore and the files that DVC wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.differential.bench import Bench, Picker

    StageChange = Callable[[dict[str, Any], str, dict[str, Any], Picker], None]

PARAM_TEXTS: dict[str, tuple[str, ...]] = {
    "params.yaml": (
        "train: {slope: 1.5, name: abc}\nrate: 1e-3\n",
        "train: {slope: 1.50, name: abc}\nrate: 0.001\n",
        "train: {slope: '1.5', name: abc}\nrate: 1.0e-3\n",
        "train: {slope: 2.0}\nrate: true\n",
        "train: {slope: 2}\nrate: yes\n",
        "train: {slope: [1, 2]}\nrate: null\n",
        "train: {slope: {deep: 1}}\n",
        "train: {}\nrate: 1\n",
        "train: null\nrate: 1\n",
        "train.slope: 3\nrate: .nan\n",
        "train: [1, 2]\nrate: .inf\n",
        "{}\n",
        "",
        "train: &anchor {slope: 2, name: abc}\nother: *anchor\nrate: 0x10\n",
        "train: {slope: 0o17}\nrate: 2001-01-01\n",
        "train: {slope: 1_000}\nrate: 0.001\n",
    ),
    "settings.json": (
        '{"opt": {"lr": 0.1}}',
        '{"opt": {"lr": 1e-1}}',
        '{"opt": {"lr": "0.1"}}',
        '{"opt": {}}',
        '{"opt": null}',
        '{"opt": {"lr": [1, {"x": 2}]}}',
        '{"opt": {"lr": NaN}}',
        "{}",
    ),
    "tune.toml": ("[a]\nb = 1\n", "[a]\nb = 1.0\n", "a.b = 1\n", "[a]\nc = 1\n", "", "[[a]]\nb = 1\n"),
    "conf.py": (
        "LR = 0.1\nclass Net:\n    width = 3\n",
        "LR: float = 1e-1\nclass Net:\n    width = 4\n",
        "LR = (1, 2)\nclass Net:\n    def __init__(self):\n        self.width = 3\n",
        "LR = [1, 2]\nNet = {'width': 3}\n",
        "LR = {1, 2}\nclass Net:\n    pass\n",
        "import os\nLR = os.sep\nclass Net:\n    width = -3\n",
        "LR = None\n",
    ),
    "whole.yaml": (
        "one: 1\ntwo: [1, 2]\n",
        "two: [1, 2]\none: 1\n",
        "one: 1.0\ntwo: [1, 2, 3]\n",
        "one: {deep: {er: 1}}\ntwo: []\n",
        "three: 3\n",
        "one: null\n",
        "1: one\ntwo: [1, 2]\n",
    ),
    "sub/params.yaml": (
        "lr: 1e-3\nflag: yes\n",
        "lr: 0.001\nflag: 'yes'\n",
        "lr: 2\nflag: true\n",
        "flag: no\n",
    ),
    "nested/params.yaml": (
        "level: 1\ncopy: twin.txt\n",
        "level: 2\ncopy: twin.txt\n",
        "level: 1\ncopy: other.txt\n",
        "level: null\ncopy: twin.txt\nmore: 1\n",
        "copy: twin.txt\n",
    ),
    "each/settings.yaml": (
        "names: [ann, bob]\nlevel: 1\n",
        "names: [ann]\nlevel: 1\n",
        "names: [ann, bob, cyd]\nlevel: 1\n",
        "names: [ann, bob]\nlevel: two\n",
    ),
}


def change_parameters(bench: Bench, pick: Picker) -> str:
    """Change a value, its type or spelling, or remove a key; in one of four formats."""
    names = [name for name in PARAM_TEXTS if bench.path(name).parent.is_dir() and _in_use(bench, name)]
    name = pick.of(names)
    text = pick.of(PARAM_TEXTS[name])
    if bench.path(name).is_dir():
        return ""
    bench.path(name).write_text(text, encoding="utf-8")
    return f"write {name}: {text!r}"


def _in_use(bench: Bench, name: str) -> bool:
    folder = name.rpartition("/")[0]
    return folder not in {"each", "nested"} or bench.path(f"{folder}/dvc.yaml").exists()


def delete_parameters(bench: Bench, pick: Picker) -> str:
    names = [
        name
        for name in PARAM_TEXTS
        if bench.path(name).is_file() and not name.startswith(("each/", "nested/"))
    ]
    if not names:
        return ""
    name = pick.of(names)
    bench.path(name).unlink()
    return f"delete {name}"


def change_ignore_rules(bench: Bench, pick: Picker) -> str:
    rules = pick.of(
        (
            "",
            "*.tmp\n",
            "*.txt\n",
            "data/many/deep\n",
            "/data/many/a.txt\n",
            "*.txt\n!a.txt\n",
            "deep/\n",
            "# only a comment\n\n",
            "**/c.txt\n",
            "[ab].txt\n",
            "work/\n",
            "skip.*\n  \ndata/many/*\n!data/many/b.txt\n",
        )
    )
    place = pick.of((".dvcignore", "data/.dvcignore", "data/many/.dvcignore", "data/many/deep/.dvcignore"))
    if not bench.path(place).parent.is_dir():
        return ""
    bench.path(place).write_text(rules, encoding="utf-8")
    return f"write {place}: {rules!r}"


def ignore_files_of_dvc(bench: Bench, pick: Picker) -> str:
    """Let Git ignore .dvc files or pipelines that it has, which DVC then passes over."""
    rules = pick.of(
        ("", "*.dvc\n", "/data/raw.csv.dvc\n", "sub/\n", "data/*.dvc\n!data/raw.csv.dvc\n", "/sub/dvc.yaml\n")
    )
    bench.path(".gitignore").write_text(rules, encoding="utf-8")
    return f"write .gitignore: {rules!r}"


def write_an_old_key(bench: Bench, pick: Picker) -> str:
    """A key of an older DVC, because of which today's DVC refuses every command."""
    names = [name for name in bench.documents("dvc.yaml") if not name.startswith(("each/", "nested/"))]
    pointers = bench.documents(".dvc")
    if not names or not pointers:
        return ""
    kind, name, pointer = pick.of(("live", "plots", "cmd", "unknown")), pick.of(names), pick.of(pointers)
    if kind in {"cmd", "unknown"}:
        line = "cmd: make\n" if kind == "cmd" else "stuff: 1\n"
        bench.path(pointer).write_bytes(bench.path(pointer).read_bytes() + line.encode())
        return f"write {line!r} into {pointer}"
    document = yaml.safe_load(bench.path(name).read_text(encoding="utf-8")) or {}
    if kind == "plots":
        document["plots"] = {"plots.csv": {"x": "a"}}
    elif document.get("stages"):
        stage = document["stages"][pick.of(sorted(document["stages"]))]
        stage["live"] = {"logs": {"summary": True, "cache": False}}
    bench.path(name).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return f"write {kind} into {name}"


Fields = dict[str, Any]
Change = "Callable[[Fields, str, Fields, Picker], None]"


def _change_pipeline(change: StageChange, bench: Bench, pick: Picker) -> str:
    """Change one stage, and write the whole file again."""
    documents = [name for name in bench.documents("dvc.yaml") if not name.startswith(("each/", "nested/"))]
    if not documents:
        return ""
    name = pick.of(documents)
    document = yaml.safe_load(bench.path(name).read_text(encoding="utf-8")) or {}
    stages: Fields = document.setdefault("stages", {})
    stage = pick.of(sorted(stages)) if stages else ""
    if not stage and change is not _add_stage:
        return ""
    change(stages, stage, stages.get(stage, {}), pick)
    bench.path(name).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return f"{change.__name__} of {stage} in {name}: {stages.get(stage)}"


def _command(_: Fields, __: str, fields: Fields, pick: Picker) -> None:
    cmd = fields["cmd"]
    first = cmd if isinstance(cmd, str) else cmd[0]
    fields["cmd"] = pick.of(
        (f"{first} ", f"{first} # other", [first], [first, "true"], f"{first}\ntrue\n", first)
    )


def _dependency(_: Fields, __: str, fields: Fields, pick: Picker) -> None:
    deps = fields.setdefault("deps", [])
    new = pick.of(
        (
            "src/train.txt",
            "data",
            "data/many/deep",
            "params.yaml",
            "nowhere.txt",
            "data/raw.csv",
            "./src//split.txt",
        )
    )
    if new in deps or pick.of((True, False)):
        fields["deps"] = deps[:-1]
    else:
        deps.append(new)


def _output(_: Fields, stage: str, fields: Fields, pick: Picker) -> None:
    outs = fields.setdefault("outs", [])
    new = pick.of((f"{stage}-extra.txt", {f"{stage}-uncached.txt": {"cache": False}}, f"work/{stage}"))
    if new in outs or pick.of((True, False)):
        fields["outs"] = outs[:-1]
    else:
        outs.append(new)


def _output_flags(_: Fields, __: str, fields: Fields, pick: Picker) -> None:
    kind = pick.of(("outs", "metrics", "plots"))
    entries = fields.get(kind) or []
    if not entries:
        return
    entry = entries[0]
    path = entry if isinstance(entry, str) else next(iter(entry))
    flags = pick.of(
        ({"cache": False}, {"persist": True}, {"cache": True}, {"desc": "words"}, {"push": False})
    )
    entries[0] = {path: flags}


def _parameter(_: Fields, __: str, fields: Fields, pick: Picker) -> None:
    params = fields.setdefault("params", [])
    new = pick.of(
        (
            "rate",
            "other",
            "train",
            "train.name",
            "nope",
            {"whole.yaml": ["two"]},
            {"whole.yaml": None},
            {"settings.json": ["opt"]},
            {"nowhere.yaml": ["x"]},
            {"params.yaml": None},
            {"conf.py": ["Net"]},
            {"whole.yaml": ["two.0"]},
            "train.*",
            "*",
            "t*.slope",
            {"settings.json": ["opt.*", "*.lr"]},
            {"tune.toml": ["[ab]"]},
            {"whole.yaml": ["two*"]},
        ),
    )
    if pick.of((True, False)) and params:
        params.pop(0)
    elif new not in params:
        params.append(new)


def _frozen(_: Fields, __: str, fields: Fields, ___: Picker) -> None:
    fields["frozen"] = not fields.get("frozen", False)


def _always_changed(_: Fields, __: str, fields: Fields, ___: Picker) -> None:
    fields["always_changed"] = not fields.get("always_changed", False)


def _remove_stage(stages: Fields, stage: str, _: Fields, __: Picker) -> None:
    del stages[stage]


def _rename_stage(stages: Fields, stage: str, fields: Fields, _: Picker) -> None:
    stages[f"{stage}2"] = fields
    del stages[stage]


def _add_stage(stages: Fields, _: str, __: Fields, pick: Picker) -> None:
    name = f"extra{len(stages)}"
    stages[name] = pick.of(
        (
            {"cmd": f"echo {name} > {name}.txt", "outs": [f"{name}.txt"]},
            {"cmd": "true"},
            {"cmd": "true", "deps": ["params.yaml"]},
            {
                "cmd": f"mkdir -p {name} && cp *.yaml {name}",
                "deps": ["."],
                "outs": [{name: {"cache": False}}],
            },
            {
                "cmd": f"cp data/clean.csv {name}.csv",
                "deps": ["data/clean.csv"],
                "metrics": [{f"{name}.csv": None}],
            },
            {"cmd": "true", "params": ["rate"], "desc": "words", "meta": {"by": "me"}},
        )
    )


STAGE_CHANGES = (
    _command,
    _dependency,
    _output,
    _output_flags,
    _parameter,
    _frozen,
    _always_changed,
    _remove_stage,
    _rename_stage,
    _add_stage,
)


def _as_edit(change: StageChange) -> Callable[[Bench, Picker], str]:
    """One rule per kind: in a common rule, each would come up once in five hundred steps."""

    def edit(bench: Bench, pick: Picker) -> str:
        return _change_pipeline(change, bench, pick)

    edit.__name__ = f"pipeline{change.__name__}"
    edit.__doc__ = change.__doc__
    return edit


def rewrite_documents(bench: Bench, pick: Picker) -> str:
    """Write the same meaning in another spelling."""
    name = pick.of(bench.documents(pick.of(("dvc.lock", "dvc.yaml", ".dvc"))) or [""])
    if not name or name in {"each/dvc.yaml", "nested/dvc.yaml"}:
        return ""
    document = yaml.safe_load(bench.path(name).read_text(encoding="utf-8"))
    bench.path(name).write_text(yaml.safe_dump(document, default_flow_style=True), encoding="utf-8")
    return f"rewrite {name}"


def drop_lock_entry(bench: Bench, pick: Picker) -> str:
    """Remove a stage, or a part of one, from dvc.lock."""
    name = pick.of(bench.documents("dvc.lock") or [""])
    if not name:
        return ""
    document = yaml.safe_load(bench.path(name).read_text(encoding="utf-8")) or {}
    stages = document.get("stages") or {}
    if not stages:
        return ""
    stage = pick.of(sorted(stages))
    part = pick.of(("", "deps", "outs", "params", "one dep", "one out"))
    if not part:
        del stages[stage]
    elif part.startswith("one "):
        entries = stages[stage].get(f"{part[4:]}s")
        if entries:
            entries.pop()
    else:
        stages[stage].pop(part, None)
    bench.path(name).write_text(yaml.safe_dump(document), encoding="utf-8")
    return f"drop {part or 'everything'} of {stage} from {name}"


def delete_lock(bench: Bench, pick: Picker) -> str:
    name = pick.of(bench.documents("dvc.lock") or [""])
    if not name:
        return ""
    bench.path(name).unlink()
    return f"delete {name}"


DOCUMENT_EDITS = (
    change_parameters,
    delete_parameters,
    change_ignore_rules,
    ignore_files_of_dvc,
    write_an_old_key,
    *map(_as_edit, STAGE_CHANGES),
    rewrite_documents,
    drop_lock_entry,
    delete_lock,
)
