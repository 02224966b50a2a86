"""People's git settings and variables: none of them changes what mlgit answers or publishes."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support import pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

COMMANDS = (
    ("status", "--json"),
    ("models", "--json"),
    ("history", "line", "--json"),
    ("diff", "HEAD~1", "--json"),
    ("check", "--json"),
    ("doctor", "--online", "--json"),
    ("push", "--dry-run", "--json"),
    ("release", "line", "--force", "--local", "--dry-run", "--json"),
)
SETTINGS = {
    "color": ("color.ui=always", "color.status=always", "color.diff=always", "color.branch=always"),
    "core.quotePath on": ("core.quotePath=true",),
    "core.quotePath off": ("core.quotePath=false",),
    "log": ("log.showSignature=true", "log.date=relative", "log.decorate=full", "log.follow=true"),
    "log.showRoot": ("log.showRoot=false", "log.mailmap=true", "format.pretty=oneline"),
    "tag.sort": ("tag.sort=-version:refname", "versionsort.suffix=-rc", "branch.sort=-committerdate"),
    "status": ("status.short=true", "status.branch=true", "status.relativePaths=false"),
    "status.aheadBehind": ("status.aheadBehind=false",),
    "status.showUntrackedFiles": ("status.showUntrackedFiles=no", "status.showStash=true"),
    "status.renames": ("status.renames=copies", "diff.renames=copies", "diff.renameLimit=1"),
    "pager": ("core.pager=false", "pager.config=true", "pager.status=true", "pager.for-each-ref=true"),
    "encodings": ("i18n.logOutputEncoding=ISO-8859-1", "i18n.commitEncoding=ISO-8859-1"),
    "core.abbrev": ("core.abbrev=4",),
    "diff": (
        "diff.noprefix=true",
        "diff.mnemonicPrefix=true",
        "diff.external=false",
        "diff.algorithm=patience",
    ),
    "diff.ignoreSubmodules": ("diff.ignoreSubmodules=all", "diff.context=0", "diff.wsErrorHighlight=all"),
    "aliases": ("alias.status=!false", "alias.config=!false", "alias.push=!false", "alias.sh=!false"),
    "push": ("push.followTags=true", "push.default=nothing", "push.gpgSign=if-asked"),
    "push.recurseSubmodules": ("push.recurseSubmodules=on-demand", "submodule.recurse=true"),
    "fetch": ("fetch.output=compact", "fetch.parallel=4", "fetch.showForcedUpdates=false"),
    "core.preloadIndex": ("core.preloadIndex=false", "core.untrackedCache=true", "index.version=4"),
    "core.ignoreStat": ("core.checkStat=minimal", "core.trustctime=false"),
    "advice": ("advice.detachedHead=true", "help.autoCorrect=immediate", "column.ui=always"),
    "gc": ("gc.auto=1", "maintenance.auto=true"),
    "user.useConfigOnly": ("user.useConfigOnly=true",),
    "merge": ("merge.ff=only", "pull.rebase=true", "rerere.enabled=true", "commit.verbose=true"),
    "commit": ("commit.cleanup=strip", "commit.template=/dev/null", "commit.status=false"),
    "safe and trace": ("trace2.eventTarget=/dev/null", "safe.bareRepository=explicit"),
    "attributes": ("core.attributesFile=/dev/null", "core.excludesFile=/dev/null"),
}
VARIABLES = {
    "trace": {"GIT_TRACE": "1", "GIT_TRACE_SETUP": "1", "GIT_TRACE2": "1"},
    "pagers and editors": {"GIT_PAGER": "false", "PAGER": "false", "GIT_EDITOR": "false", "TERM": "dumb"},
    "diff": {"GIT_EXTERNAL_DIFF": "false", "GIT_DIFF_OPTS": "--unified=9"},
    "pathspecs": {"GIT_ICASE_PATHSPECS": "1"},
    "literal pathspecs": {"GIT_LITERAL_PATHSPECS": "1"},
    "language": {"LANGUAGE": "de", "LANG": "de_DE.UTF-8"},
    "places": {"GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/nowhere", "GIT_INDEX_FILE": "/nowhere"},
    "other files": {"GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_COMMON_DIR": "/nowhere", "GIT_NAMESPACE": "x"},
    "config": {"GIT_CONFIG": "/dev/null"},
    "paranoia": {"GIT_REF_PARANOIA": "1", "GIT_ADVICE": "0", "GIT_FLUSH": "1", "GIT_PREFIX": "x/"},
    "default hash": {"GIT_DEFAULT_HASH": "sha256", "GIT_DEFAULT_REF_FORMAT": "files"},
}


def as_variables(settings: tuple[str, ...]) -> dict[str, str]:
    """Settings as variables that git reads as configuration."""
    found = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, setting in enumerate(settings):
        key, _, value = setting.partition("=")
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


CASES = {
    **{f"config {name}": as_variables(settings) for name, settings in SETTINGS.items()},
    **{f"variable {name}": variables for name, variables in VARIABLES.items()},
}


def answers(folder: Folder, variables: dict[str, str]) -> dict[str, str]:
    """The output of every command, without the time of its run."""
    found = {}
    for command in COMMANDS:
        done = folder.here(*command, env=variables)
        text = re.sub(r'"\w*age_s": \d+', "", done.out)
        text = re.sub(r'"(told_at|tags_as_of|at|date|evaluated_on)": "[^"]*"', "", text)
        text = re.sub(r'"(oid|commit|new)": "[0-9a-f]{40}"', "", text) if command[0] == "release" else text
        found[command[0]] = f"{done.status} {text}"
    return found


@pytest.fixture(scope="module")
def prepared(
    staged_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Folder, dict[str, str]]:
    """A project with a version, names that git quotes, and unpushed work; and its answers."""
    folder = pipeline.copy(staged_template, tmp_path_factory.mktemp("settings") / "project")
    folder.write("Messgrößen \t.txt", "x")
    folder.commit("Grüße")
    folder.git("tag", "-a", "notes-1", "-m", "Mine")
    folder.commit("More")
    folder.write("untracked ü.txt", "x")
    # Commands that ask no remote say how old the tags are, which must be the same for all.
    days_ago_s = time.time() - 3.5 * 86_400
    for name in ("FETCH_HEAD", "refs/remotes/origin/HEAD"):
        if (folder / ".git" / name).exists():
            os.utime(folder / ".git" / name, (days_ago_s, days_ago_s))
    expected = answers(folder, {})
    assert {name: text[:1] for name, text in expected.items()} == dict.fromkeys(expected, "0")
    return folder, expected


@pytest.mark.parametrize("case", CASES)
def test_no_setting_changes_an_answer(prepared: tuple[Folder, dict[str, str]], case: str) -> None:
    folder, expected = prepared
    found = answers(folder, CASES[case])
    for command, text in expected.items():
        assert found[command].splitlines() == text.splitlines(), command


def test_only_our_tags_are_pushed_also_with_follow_tags(staged: Folder) -> None:
    staged.git("config", "push.followTags", "true")
    staged.git("tag", "-a", "holiday", "-m", "Not ours")
    staged.commit("More")
    assert staged.here("push").status == Exit.DONE
    assert "holiday" not in staged.git("ls-remote", "origin")


@pytest.mark.parametrize("key", ["insteadOf", "pushInsteadOf"])
def test_addresses_that_git_rewrites_are_reached(staged: Folder, key: str) -> None:
    origin = str(staged.path.parent / "origin.git")
    short = "short:" if key == "insteadOf" else f"{origin}/../"
    if key == "insteadOf":
        staged.git("remote", "set-url", "origin", "short:origin.git")
    else:
        staged.git("remote", "set-url", "origin", f"{origin}/../origin.git")
    staged.git("config", f"url.{staged.path.parent}/.{key}", short)
    staged.commit("More")
    assert staged.here("push").status == Exit.DONE
    done = staged.here("release", "line", "--force")
    assert done.status == Exit.DONE, done.err
    assert staged.here("doctor", "--online", "--strict", "--json").json()["online"] is True
