"""Edits with commands of DVC and Git."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.differential.bench import Bench, Picker


def _stages(bench: Bench) -> list[str]:
    import yaml

    found = []
    for name in bench.documents("dvc.yaml"):
        document = yaml.safe_load(bench.path(name).read_text(encoding="utf-8")) or {}
        plain = [stage for stage, fields in (document.get("stages") or {}).items() if "cmd" in fields]
        found += [stage if name == "dvc.yaml" else f"{name}:{stage}" for stage in plain]
    return sorted(found)


def _described(what: str, refused: str) -> str:
    return f"{what}: {refused}" if refused else what


def dvc_repro(bench: Bench, pick: Picker) -> str:
    targets = [("-R", "."), *((stage,) for stage in _stages(bench))]
    argv = (
        "repro",
        "-q",
        *pick.of(targets),
        *pick.of(((), (), ("--force",), ("--single-item",), ("--no-commit",))),
    )
    return _described(f"dvc {' '.join(argv)}", bench.dvc(*argv))


def dvc_commit(bench: Bench, pick: Picker) -> str:
    targets = [(), *((stage,) for stage in _stages(bench)), *((name,) for name in bench.documents(".dvc"))]
    argv = ("commit", "-q", "-f", *pick.of(targets))
    return _described(f"dvc {' '.join(argv)}", bench.dvc(*argv))


def dvc_add(bench: Bench, pick: Picker) -> str:
    candidates = ["data/many", "data/raw.csv", *(name for name in bench.files() if name.startswith("data/"))]
    argv = ("add", "-q", pick.of(candidates))
    return _described(f"dvc {' '.join(argv)}", bench.dvc(*argv))


def dvc_checkout(bench: Bench, pick: Picker) -> str:
    argv = (
        "checkout",
        "-q",
        *pick.of(((), ("-f",), ("-f", "-R", "."), ("-f", "data/many.dvc"), ("--relink", "-f"))),
    )
    return _described(f"dvc {' '.join(argv)}", bench.dvc(*argv))


def dvc_remove(bench: Bench, pick: Picker) -> str:
    targets = [*bench.documents(".dvc"), *_stages(bench)]
    if not targets:
        return ""
    argv = ("remove", "-q", pick.of(targets), *pick.of(((), ("--outs",))))
    return _described(f"dvc {' '.join(argv)}", bench.dvc(*argv))


def dvc_gc(bench: Bench, _: Picker) -> str:
    return _described("dvc gc -w -f", bench.dvc("gc", "-q", "-w", "-f"))


def dvc_move(bench: Bench, pick: Picker) -> str:
    moves = [
        ("data/raw.csv", "data/moved.csv"),
        ("data/moved.csv", "data/raw.csv"),
        ("data/many", "data/moved"),
    ]
    one, other = pick.of(moves)
    return _described(f"dvc move {one} {other}", bench.dvc("move", "-q", one, other))


def dvc_freeze(bench: Bench, pick: Picker) -> str:
    stages = _stages(bench)
    if not stages:
        return ""
    argv = (pick.of(("freeze", "unfreeze")), "-q", pick.of(stages))
    return _described(f"dvc {' '.join(argv)}", bench.dvc(*argv))


def dvc_link_type(bench: Bench, pick: Picker) -> str:
    """Turn outputs into links into the cache, or back into copies."""
    kind = pick.of(("symlink", "hardlink", "copy"))
    refused = bench.dvc("config", "-q", "cache.type", kind) or bench.dvc("checkout", "-q", "--relink", "-f")
    return _described(f"dvc config cache.type {kind}, checkout --relink", refused)


def git_commit(bench: Bench, _: Picker) -> str:
    bench.git("add", "-A")
    bench.git("commit", "-qm", "step", "--allow-empty")
    return "git commit"


def git_checkout(bench: Bench, pick: Picker) -> str:
    """Check out an earlier commit, with or without `dvc checkout`."""
    commits = bench.folder.git("rev-list", "--all").split()
    commit = pick.of(commits)
    bench.git("checkout", "-qf", commit)
    if pick.of((True, False)):
        return _described(f"git checkout {commit[:7]}, dvc checkout", bench.dvc("checkout", "-q", "-f"))
    return f"git checkout {commit[:7]}"


def git_reset(bench: Bench, _: Picker) -> str:
    bench.git("reset", "-q", "--hard")
    return "git reset --hard"


def git_stash(bench: Bench, pick: Picker) -> str:
    argv = pick.of((("stash", "-q"), ("stash", "-q", "-u"), ("stash", "pop", "-q")))
    return f"git {' '.join(argv)}: {bench.git(*argv)}"


def git_clean(bench: Bench, pick: Picker) -> str:
    """Remove also files that Git ignores, which is all data."""
    argv = pick.of((("clean", "-qfd"), ("clean", "-qfdx", "-e", ".dvc")))
    bench.git(*argv)
    return f"git {' '.join(argv)}"


def lose_cache(bench: Bench, pick: Picker) -> str:
    """Remove the whole cache, or one object."""
    cache = bench.path(".dvc/cache")
    if not cache.is_dir():
        return ""
    if pick.of((True, False)):
        shutil.rmtree(cache)
        return "delete the cache"
    objects = sorted(path for path in cache.rglob("*") if path.is_file())
    if not objects:
        return ""
    gone = pick.of(objects)
    gone.unlink()
    return f"delete {gone.relative_to(cache)} from the cache"


COMMANDS = (
    dvc_repro,
    dvc_commit,
    dvc_add,
    dvc_checkout,
    dvc_remove,
    dvc_gc,
    dvc_move,
    dvc_freeze,
    dvc_link_type,
    git_commit,
    git_checkout,
    git_reset,
    git_stash,
    git_clean,
    lose_cache,
)
