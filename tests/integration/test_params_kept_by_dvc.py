"""Parameter files that DVC keeps: without them it is not known whether stages are up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable

UNKNOWN = ("error", "unknown_here", "block")
PASS = ("pass", None, "allow")
TRAIN = "    params: [train.slope]\n"
CONTENT = "train:\n  slope: 1.99\n"
ENDINGS = {
    "yaml": CONTENT,
    "json": '{"train": {"slope": 1.99}}\n',
    "toml": "[train]\nslope = 1.99\n",
    "py": 'train = {"slope": 1.99}\n',
}


def edit(project: Folder, old: str, new: str, file: str = "dvc.yaml") -> None:
    text = (project / file).read_text()
    assert old in text
    project.write(file, text.replace(old, new))


def read_from(project: Folder, path: str, *, named: str | None = None) -> None:
    """The stage `train` has its parameter from another file, which `dvc.yaml` may name otherwise."""
    edit(project, TRAIN, f"    params: [{{'{named or path}': [train.slope]}}]\n")
    edit(project, '"params.yaml"', f'"{path}"', "src/train.py")
    edit(project, "slope: *", r"slope\W*", "src/train.py")


def stage(project: Folder, out: str, command: str, *, more: str = "") -> None:
    made = f"  settings:\n    cmd: {command}\n    deps: [settings.txt]\n    outs: ['{out}']\n"
    edit(project, "stages:\n", f"{more}stages:\n{made}")


def output(ending: str) -> Callable[[Folder], None]:
    def made(project: Folder) -> None:
        project.write("settings.txt", ENDINGS[ending])
        stage(project, f"made.{ending}", f"cp settings.txt made.{ending}")
        read_from(project, f"made.{ending}")

    return made


def in_folder(project: Folder) -> None:
    project.write("settings.txt", CONTENT)
    stage(project, "made", "mkdir -p made && cp settings.txt made/a.yaml && cp settings.txt made/b.yaml")
    read_from(project, "made/a.yaml")


def named_by_template(project: Folder) -> None:
    """In a `wdir`, with a name that a template fills in."""
    project.write("settings.txt", CONTENT)
    stage(project, "src/${name}.yaml", "cp settings.txt src/made.yaml", more="vars: [{name: made}]\n")
    read_from(project, "src/made.yaml", named="${name}.yaml")
    edit(project, "src/train.py\n", "src/train.py\n    wdir: src\n")
    edit(project, "cmd: python src/train.py", "cmd: cd .. && python src/train.py")
    edit(project, "[data/clean.csv, src/train.py]", "[../data/clean.csv, train.py]")
    edit(project, "outs: [models/line.json]", "outs: [../models/line.json]")


def tracked(project: Folder) -> None:
    project.write("settings.yaml", CONTENT)
    project.dvc("add", "-q", "settings.yaml")
    read_from(project, "settings.yaml")


def in_tracked_folder(project: Folder) -> None:
    project.write("settings/a.yaml", CONTENT)
    project.write("settings/b.yaml", CONTENT)
    project.dvc("add", "-q", "settings")
    read_from(project, "settings/a.yaml")


def linked(project: Folder) -> None:
    project.write("settings/a.yaml", CONTENT)
    project.dvc("add", "-q", "settings/a.yaml")
    (project / "link.yaml").symlink_to("settings/a.yaml")
    read_from(project, "link.yaml")


def in_linked_folder(project: Folder) -> None:
    project.write("settings/a.yaml", CONTENT)
    project.dvc("add", "-q", "settings")
    (project / "link").symlink_to("settings")
    read_from(project, "link/a.yaml")


KINDS = [
    (output("yaml"), "made.yaml"),
    (output("json"), "made.json"),
    (output("toml"), "made.toml"),
    (output("py"), "made.py"),
    (in_folder, "made/a.yaml"),
    (named_by_template, "src/made.yaml"),
    (tracked, "settings.yaml"),
    (in_tracked_folder, "settings/a.yaml"),
    (linked, "link.yaml (a link to an output of settings/a.yaml.dvc)"),
    (in_linked_folder, "link/a.yaml (a link to an output of settings.dvc)"),
]


def clone(project: Folder, name: str = "fresh") -> Folder:
    place = project.path.parent / name
    project.git("clone", "-q", str(project.path.parent / "origin.git"), str(place))
    return Folder(place)


def publish(project: Folder) -> Folder:
    """A clone of the project as it is after a run, without the data."""
    project.dvc("repro", "-q")
    project.dvc("push", "-q")
    project.commit("Let DVC keep the parameters")
    project.git("push", "-q")
    return clone(project)


@pytest.mark.parametrize(("prepare", "named"), KINDS)
def test_a_clone_without_a_parameter_file_of_dvc_says_so_and_fetches_it(
    project: Folder, prepare: Callable[[Folder], None], named: str
) -> None:
    prepare(project)
    fresh = publish(project)
    sentence = f"params file {named} was not checked: it is not here"
    for argv in ((), ("--rev", "HEAD")):
        verdict = check(fresh, *argv, status=Exit.BLOCKED)
        assert results(verdict)["line/r2-floor"] == UNKNOWN
        assert all(each["message"].endswith(f"is not known here: {sentence}") for each in verdict["results"])
    assert sentence in " ".join(fresh.here("status").out.split())
    hint = verdict["results"][0]["hint"]
    fresh.ok(*hint.removeprefix("run `").removesuffix("`").split())
    for argv in ((), ("--rev", "HEAD")):
        assert results(check(fresh, *argv, status=Exit.DONE))["line/r2-floor"] == PASS
    assert " known to be " not in fresh.here("status").out
    shown = clone(project, "ci").here("ci", "pr")
    assert shown.status == Exit.DONE, shown.out
    assert "gone" not in shown.out


def test_a_release_fetches_the_parameters_that_dvc_keeps(project: Folder) -> None:
    in_folder(project)
    fresh = publish(project)
    assert fresh.here("release", "line").status == Exit.DONE
    objects = [each for each in fresh.path.glob(".dvc/cache/files/md5/*/*") if each.is_file()]
    assert len(objects) == 2  # the listing of the folder, and the only file of it that a stage reads


def test_a_model_whose_parameters_are_not_known_is_not_released(project: Folder) -> None:
    """Also if no gate asks for them."""
    tracked(project)
    edit(project, "gates:\n  r2-floor: {metric: r2, min: 0.5}\n", "gates:\n", "mlgit.yaml")
    edit(project, "  mae-vs-base: {metric: mae, vs: base, max_rise: 0.05}\n", "  {}\n", "mlgit.yaml")
    fresh = publish(project)
    stored = project.path.parent.glob("storage/files/md5/*/*")
    (place,) = (each for each in stored if each.read_text() == CONTENT)
    content = place.read_bytes()
    place.unlink()
    shown = fresh.here("release", "line")
    assert shown.status == Exit.STATE, shown.out
    assert "Whether stage `train` is up to date is not known here" in shown.err
    assert "params file settings.yaml was not checked: it is not here" in shown.err
    assert "hint: run `dvc fetch --with-deps train`" in shown.err
    place.write_bytes(content)
    assert fresh.here("release", "line").status == Exit.DONE


def test_parameters_on_disk_count_for_a_commit_only_if_they_are_those_it_records(project: Folder) -> None:
    tracked(project)
    publish(project)
    for each in sorted(project.path.glob(".dvc/cache/files"), reverse=True):
        each.rename(project.path.parent / "moved")
    assert results(check(project, "--rev", "HEAD", status=Exit.DONE))["line/r2-floor"] == PASS
    (project / "settings.yaml").unlink()
    project.write("settings.yaml", "train:\n  slope: 1.98\n")
    assert results(check(project, "--rev", "HEAD", status=Exit.BLOCKED))["line/r2-floor"] == UNKNOWN
    changed = check(project, status=Exit.BLOCKED)
    assert changed["results"][0]["message"].startswith("Stage `evaluate` is stale: it runs after `train`")
    assert results(changed)["line/r2-floor"] == ("error", "stale", "block")
    assert "settings.yaml" in project.dvc("status")


def test_other_parameters_in_the_cache_make_a_stage_stale(project: Folder) -> None:
    tracked(project)
    publish(project)
    (project / "settings.yaml").unlink()
    project.write("settings.yaml", "train:\n  slope: 1.98\n")
    project.dvc("add", "-q", "settings.yaml")
    project.dvc("push", "-q")
    project.commit("Edit the parameters")
    project.git("push", "-q")
    fresh = clone(project, "other")
    assert "changed param train.slope" in fresh.here("ci", "pr").out
    assert "train     train.slope changed from 1.99 to 1.98" in fresh.here("status").out


@pytest.mark.parametrize("removed", ["settings", "params"])
def test_what_dvc_does_not_keep_is_deleted(project: Folder, removed: str) -> None:
    """As in `dvc status`: a file that a stage never made, or that Git should have."""
    if removed == "settings":
        project.write("settings.txt", CONTENT)
        stage(project, "made.yaml", "cp settings.txt made.yaml")
        read_from(project, "made.yaml")
    else:
        (project / "params.yaml").unlink()
    project.commit("Edit")
    for argv in ((), ("--rev", "HEAD")):
        assert results(check(project, *argv, status=Exit.BLOCKED))["line/r2-floor"] == (
            "error",
            "stale",
            "block",
        )
    assert " params file " in project.here("status").out


def test_a_damaged_object_is_not_read_as_parameters(project: Folder) -> None:
    tracked(project)
    publish(project)
    (project / "settings.yaml").unlink()
    (place,) = (each for each in project.path.glob(".dvc/cache/files/md5/*/*") if each.read_text() == CONTENT)
    place.chmod(0o644)
    place.write_text(CONTENT.replace("99", "98"))
    found = check(project, status=Exit.BLOCKED)
    assert results(found)["line/r2-floor"] == UNKNOWN
    assert "could not be read: The object at" in found["results"][0]["message"]
    assert found["results"][0]["hint"] == "remove that object, then run `dvc fetch --with-deps evaluate`"
    place.unlink()
    project.dvc("fetch", "-q", "--with-deps", "evaluate")
    assert results(check(project, status=Exit.DONE))["line/r2-floor"] == PASS
