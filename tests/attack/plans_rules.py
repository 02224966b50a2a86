"""Plans for rules and evidence: rules, waivers, references, tags, ignore files and locks by hand."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import yaml

from tests.attack.finish import finish
from tests.attack.reproduction import METRICS, MODEL
from tests.attack.world import TODAY

if TYPE_CHECKING:
    from tests.attack.world import World
    from tests.differential.bench import Picker

_GOOD = json.dumps({"mae": 0.01, "r2": 0.99, "rows": 10})
_SAME_PEOPLE = ("ada@example.org", "ADA@example.org", "ada+w@example.org", "Ada@Example.org.")


def write_rules_again(world: World, pick: Picker) -> str:
    """The same rules in another spelling; often with one rule that is weaker."""
    document = world.document("mlgit.yaml")
    gates = document.get("gates") if isinstance(document, dict) else None
    if not isinstance(gates, dict) or not isinstance(gates.get("mae-gate"), dict):
        return ""
    weaker: tuple[dict[str, Any], ...] = (
        *({}, {}, {"severity": "warn"}, {"when": "promote"}, {"max_rise": 50}, {"max_rise": "5000%"}),
        *({"metric": "rows"}, {"metric": "r2"}, {"metric": "test.mae"}, {"model": "line"}, {"vs": "HEAD"}),
        *({"vs": "topic"}, {"vs": "empty"}, {"vs": {"file": METRICS}}, {"models": ["other"]}),
    )
    change = pick.of(weaker)
    gates["mae-gate"] |= change
    if "vs" in change:
        gates["mae-gate"].pop("max", None)
        gates["mae-gate"].setdefault("max_rise", 0.05)
    if change.get("vs") == "empty":
        document.setdefault("environments", {})["empty"] = {}
    if pick.of((False, True)):
        gates["mae-again"] = gates.pop("mae-gate")
    spelling = pick.of(("flow", "json", "sorted", "crlf", "anchors", "comments"))
    world.work.write("mlgit.yaml", _spelled(document, spelling))
    return f"write mlgit.yaml as {spelling} with {change}; {finish(world, pick)}"


def _spelled(document: Any, spelling: str) -> str:  # noqa: ANN401 (YAML)
    if spelling == "json":
        return json.dumps(document, indent=1)
    if spelling == "flow":
        return yaml.safe_dump(document, default_flow_style=True, sort_keys=False)
    if spelling == "anchors":
        document = document | {"gates": {**document["gates"], "copy": next(iter(document["gates"].values()))}}
    text = yaml.dump(document, sort_keys=spelling == "sorted")
    if spelling == "comments":
        text = f"# The rules\n---\n{text}\n# The end\n"
    return text.replace("\n", "\r\n") if spelling == "crlf" else text


def flip_a_setting(world: World, pick: Picker) -> str:
    """Change how all gates are judged, and write numbers by hand."""
    document = world.document("mlgit.yaml")
    if not isinstance(document, dict):
        return ""
    settings = {"numbers": "committed", "on_loosened": "warn", "foreign_tags": "allow"}
    key = pick.of(tuple(settings))
    document[key] = settings[key]
    where = pick.of(("test", "hand", "model"))
    path = {"test": METRICS, "hand": "metrics/hand.json", "model": "models/line.json.metrics.json"}[where]
    models = document.get("models")
    if where != "test" and isinstance(models, dict):
        for name, model in models.items():
            models[name] = (model if isinstance(model, dict) else {}) | {"metrics": [path]}
    world.work.write("mlgit.yaml", yaml.safe_dump(document, sort_keys=False))
    ended = finish(world, pick)
    world.path(path).unlink(missing_ok=True)
    world.work.write(path, _GOOD)
    return f"{key}: {settings[key]}, and numbers by hand in {path}; {ended}"


def edit_the_reference(world: World, pick: Picker) -> str:
    """The file that a gate compares with has worse numbers, is a link or moves."""
    how = pick.of(("worse", "another key", "link", "move", "delete", "stage"))
    path = world.path("reference.json")
    if how == "link":
        path.unlink(missing_ok=True)
        path.symlink_to(METRICS)
    elif how == "delete":
        path.unlink(missing_ok=True)
    elif how == "another key":
        world.work.write("reference.json", '{"test": {"mae": 900}, "r2": 0}\n')
    elif how == "move":
        world.work.write("references/mae.json", '{"mae": 900}\n')
        _change_text(world, "mlgit.yaml", "reference.json", "references/mae.json")
    else:
        path.unlink(missing_ok=True)
        world.work.write("reference.json", '{"mae": 900}\n')
    if how == "stage":
        pipeline = world.document("dvc.yaml")
        if isinstance(pipeline, dict) and isinstance(pipeline.get("stages"), dict):
            stage = {"cmd": "echo '{\"mae\": 900}' > reference.json"}
            pipeline["stages"]["reference"] = stage | {"metrics": [{"reference.json": {"cache": False}}]}
            world.work.write("dvc.yaml", yaml.safe_dump(pipeline, sort_keys=False))
    return f"edit the reference: {how}; {finish(world, pick)}"


def waive_it_on_trunk(world: World, pick: Picker) -> str:
    """An author of the change brings a waiver to trunk, under some spelling of their address."""
    gate = pick.of(("mae-gate", "gates_loosened:mae-gate", "line/mae-gate"))
    email, approver = pick.of(_SAME_PEOPLE), pick.of(("boss@example.org", *_SAME_PEOPLE))
    waiver = {"id": "w1", "gate": gate, "floor": pick.of((1000, 1, -1)), "reason": "Trust me"}
    waiver |= {"approver": approver, "expires": pick.of(("2026-03-20", TODAY, "2027-03-20"))}
    text = yaml.safe_dump({"version": 1, "waivers": [waiver]})
    work = world.work
    world.commit()
    if work.run("git", "checkout", "-q", "-B", "side", "origin/main").status:
        return ""
    work.write(".mlgit/waivers.yaml", text)
    work.git("add", "-A")
    signed = {"GIT_AUTHOR_EMAIL": email, "GIT_COMMITTER_EMAIL": email}
    work.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "Waive", env=signed)
    if work.run("git", "push", "-q", "--no-verify", "origin", "HEAD:refs/heads/main").status:
        return ""
    work.git("fetch", "-q", "origin", "+refs/heads/main:refs/remotes/origin/main")
    work.git("checkout", "-q", "-f", "topic")
    if pick.of((False, True)) and work.run("git", "merge", "-q", "--no-edit", "origin/main").status:
        work.run("git", "merge", "--abort")
    return f"waiver for {gate} on trunk by {email}, approver {approver}"


def change_a_tag(world: World, pick: Picker) -> str:
    """A tag that a gate compares with moves, goes away or is made again, here or on the remote."""
    name = pick.of(("mark", "line@v1.0.0", "line#prod#1", "line#staging#1", "line#prod#2", "line@v1.1.0"))
    how = pick.of(("move", "lightweight", "same message", "delete here"))
    work = world.work
    exists = not work.run("git", "rev-parse", "-q", "--verify", f"refs/tags/{name}").status
    if how == "delete here":
        if not exists:
            return ""
        work.git("tag", "-d", name)
        return f"delete {name} here"
    place = pick.of(("HEAD", "origin/main"))
    if work.run("git", "rev-parse", "-q", "--verify", f"{place}^{{commit}}").status:
        return ""
    argv: tuple[str, ...] = ("-m", "mine")
    if how == "lightweight":
        argv = ()
    if how == "same message":
        copied = pick.of(("line@v1.0.0", "line#prod#1", "line#staging#1"))
        argv = ("-m", work.git("tag", "-l", "--format=%(contents)", copied) or "mine")
    work.git("tag", "-f", *(("-a", *argv) if argv else ()), name, place)
    where = "here"
    if pick.of((True, False)):
        work.git("push", "-q", "-f", "--no-verify", "origin", f"refs/tags/{name}")
        where = "on the remote"
    return f"{how} {name} at {place} {where}"


def hide_files(world: World, pick: Picker) -> str:
    """An ignore file hides inputs, outputs or rules."""
    name = pick.of((".dvcignore", ".gitignore", "metrics/.gitignore", "models/.dvcignore", "src/.dvcignore"))
    line = pick.of(
        (
            "*",
            "*.json",
            "metrics",
            "/metrics/test.json",
            "src/",
            "*.py",
            "params.yaml",
            "data",
            "mlgit.yaml",
            "dvc.lock",
        )
    )
    world.work.write(name, f"{line}\n")
    if pick.of((True, False)) and line in {"*", "*.json", "metrics", "/metrics/test.json"}:
        world.work.run("git", "rm", "-q", "--cached", METRICS)
    return f"{name}: {line}; {finish(world, pick)}"


def write_the_lock(world: World, pick: Picker) -> str:
    """A lock by hand for numbers by hand: one part of it does not fit, so that no run can have made it."""
    lock = world.document("dvc.lock")
    stages = lock.get("stages") if isinstance(lock, dict) else None
    entry = stages.get("evaluate") if isinstance(stages, dict) else None
    if not isinstance(stages, dict) or not isinstance(entry, dict) or not entry.get("outs"):
        return ""
    world.path(METRICS).unlink(missing_ok=True)
    world.work.write(METRICS, _GOOD)
    digest = hashlib.md5(_GOOD.encode(), usedforsecurity=False).hexdigest()
    entry["outs"] = [{"path": METRICS, "hash": "md5", "md5": digest, "size": len(_GOOD)}]
    how = pick.of(
        ("deps", "no deps", "wrong md5", "no outs", "another stage", "old format", "no hash", "cmd")
    )
    if how == "deps":
        entry["deps"] = [each | {"md5": "0" * 32} for each in entry.get("deps") or []]
    elif how == "no deps":
        entry.pop("deps", None)
    elif how == "wrong md5":
        entry["outs"][0]["md5"] = pick.of(("0" * 32, digest.upper(), digest[:31], f"{digest}.dir"))
    elif how == "no outs":
        entry.pop("outs")
    elif how == "another stage":
        stages["score"] = stages.pop("evaluate")
    elif how == "old format":
        entry["deps"] = [each | {"size": 1, "md5": "0" * 32} for each in entry.get("deps") or []]
        lock = stages
    elif how == "no hash":
        entry["outs"] = [{"path": METRICS}]
    else:
        entry["cmd"] = "true"
    if how == "wrong md5" and pick.of((False, True)):
        world.work.write(MODEL, '{"slope": 1.8}')
    world.work.write("dvc.lock", yaml.safe_dump(lock, sort_keys=False))
    return f"dvc.lock by hand: {how}"


def configure_dvc(world: World, pick: Picker) -> str:
    """Another cache, remote or habit of DVC, with numbers of a better run."""
    section, line = pick.of(
        (
            ("cache", "dir = ../../elsewhere"),
            ("core", "autostage = true"),
            ("core", "no_scm = true"),
            ("core", "check_update = false"),
            ("cache", "type = symlink"),
            ("feature", "machine = true"),
        )
    )
    path = world.path(".dvc/config")
    if not path.is_file():
        return ""
    text, head = path.read_text(encoding="utf-8"), f"[{section}]\n"
    key = line.partition(" ")[0]
    if f"    {key} =" in text:  # DVC refuses what is there twice, and then no run shows what is better
        return ""
    world.work.write(
        ".dvc/config", (text if head in text else text + head).replace(head, f"{head}    {line}\n")
    )
    return f".dvc/config: {section}.{line}; {finish(world, pick)}"


def _change_text(world: World, name: str, old: str, new: str) -> None:
    if world.path(name).is_file():
        text = world.path(name).read_text(encoding="utf-8", errors="replace")
        world.work.write(name, text.replace(old, new))


RULE_PLANS = (
    write_rules_again,
    flip_a_setting,
    edit_the_reference,
    waive_it_on_trunk,
    change_a_tag,
    hide_files,
    write_the_lock,
    configure_dvc,
)
