"""CI templates: settings, the first line, the status of a file, and the needs of DVC remotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.ci.advice import (
    environment_jobs,
    is_plain_branch,
    next_steps,
    plugins,
    remarks,
    remote_kinds,
)
from mlgit.core.ci.event import ci_event
from mlgit.core.ci.requirement import checked_requirement
from mlgit.core.ci.templates import (
    Settings,
    TemplateFile,
    destination,
    difference,
    fill,
    includes_mlgit,
    read_stamp,
    repinned,
    settings_in,
    stage_inputs,
    stamped,
    status_of,
)
from mlgit.errors import UsageError
from tests.support.templates import bundled

if TYPE_CHECKING:
    from mlgit.core.ci.templates import Status

SETTINGS = Settings(
    pipeline="run", requirement="mlgit==1.0.0 dvc-s3", branch="trunk", environments=("dev", "prod")
)
NAME = "github/workflows/mlgit-pr.yml"
BODY = "name: mlgit\njobs: {}\n"
FILE = stamped(NAME, BODY, version="1.0.0")
WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.=<>~/_-]{0,20}", fullmatch=True)


def test_settings_are_filled_in_on_marked_lines() -> None:
    text = "a: 'verify' # ci init: pipeline\nb: 'mlgit' # ci init: requirement\nc: 'verify'\n"
    filled = "a: 'run' # ci init: pipeline\nb: 'mlgit==1.0.0 dvc-s3' # ci init: requirement\nc: 'verify'\n"
    assert fill(text, SETTINGS) == filled


def test_the_block_of_an_environment_is_repeated() -> None:
    text = (
        "include:\n  # ci init: one for each environment\n  - local: x\n"
        "    inputs: {environment: 'prod'}\n  # ci init: end\nafter: 1\n"
    )
    assert fill(text, SETTINGS).splitlines() == [
        "include:",
        "  # ci init: one for each environment",
        "  - local: x",
        "    inputs: {environment: 'dev'}",
        "  - local: x",
        "    inputs: {environment: 'prod'}",
        "  # ci init: end",
        "after: 1",
    ]


@given(requirement=st.lists(WORDS, max_size=3), branch=WORDS, environments=st.lists(WORDS, max_size=3))
def test_the_settings_can_be_read_from_a_filled_file(
    requirement: list[str], branch: str, environments: list[str]
) -> None:
    settings = Settings(
        pipeline="run", requirement=" ".join(requirement), branch=branch, environments=tuple(environments)
    )
    texts = [fill(text, settings) for text in (bundled("github") | bundled("gitlab")).values()]
    assert settings_in(texts) == {"pipeline": "run", "requirement": settings.requirement, "branch": branch}


def test_every_bundled_file_has_a_destination() -> None:
    assert set(bundled("github")) == {
        ".github/actions/mlgit-setup/action.yml",
        *(f".github/workflows/mlgit-{name}.yml" for name in ("pr", "report", "merged", "deploy", "monitor")),
    }
    assert set(bundled("gitlab")) == {
        ".gitlab-ci.yml",
        *(f".gitlab/mlgit/{name}.yml" for name in ("pr", "merged", "deploy", "monitor", "full")),
    }
    assert destination("github", "github/README.md") is None


def test_the_first_line_names_template_version_and_hash() -> None:
    first, _, rest = FILE.partition("\n")
    assert first.startswith(f"# mlgit-template: {NAME} version=1.0.0 sha256=")
    assert rest == BODY
    stamp = read_stamp(FILE)
    assert stamp is not None
    assert (stamp.template, stamp.version, stamp.intact) == (NAME, "1.0.0", True)


@pytest.mark.parametrize("edit", [FILE + "\n", FILE.replace("jobs", "Jobs"), FILE.replace(BODY, "")])
def test_any_edit_below_the_first_line_is_seen(edit: str) -> None:
    stamp = read_stamp(edit)
    assert stamp is not None
    assert not stamp.intact


def test_line_breaks_that_git_made_are_not_an_edit() -> None:
    stamp = read_stamp(FILE.replace("\n", "\r\n"))
    assert stamp is not None
    assert stamp.intact
    assert status_of(FILE.replace("\n", "\r\n"), FILE) == "same"


@pytest.mark.parametrize("text", ["", BODY, "# mlgit-template: x\n", FILE.replace("sha256=", "md5=")])
def test_a_file_without_the_first_line_is_not_mlgits(text: str) -> None:
    assert read_stamp(text) is None


NEWER = stamped(NAME, BODY + "# new\n", version="2.0.0")


@pytest.mark.parametrize(
    ("existing", "wanted", "status"),
    [
        (None, FILE, "create"),
        (FILE, FILE, "same"),
        (FILE, stamped(NAME, BODY, version="2.0.0"), "same"),  # only the version differs
        (FILE, NEWER, "update"),
        (FILE + "# mine\n", FILE, "edited"),
        (FILE + "# mine\n", NEWER, "conflict"),
        (FILE + "# new\n", NEWER, "same"),  # edited to the wanted text
        (BODY, FILE, "same"),  # the line was deleted, and nothing else
        ("name: theirs\n", FILE, "conflict"),
    ],
)
def test_the_status_follows_from_the_file_and_the_template(
    existing: str | None, wanted: str, status: str
) -> None:
    assert status_of(existing, wanted) == status


def test_a_difference_leads_from_the_file_to_the_template() -> None:
    assert difference("a.yml", FILE, FILE) is None
    shown = difference("a.yml", BODY, "name: mlgit\nneu: 1")
    assert shown is not None
    assert shown.splitlines()[:2] == ["--- a/a.yml", "+++ b/a.yml"]
    assert {"-jobs: {}", "+neu: 1"} <= set(shown.splitlines())
    created = difference("a.yml", None, BODY)
    assert created is not None
    assert created.startswith("--- /dev/null\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mlgit==0.9.0", "mlgit==1.0.0"),
        ("mlgit==0.9.0 dvc-s3", "mlgit==1.0.0 dvc-s3"),
        ("", ""),
        ("mlgit>=0.9", "mlgit>=0.9"),
        ("mlgit@git+https://forge.example/m@v1", "mlgit@git+https://forge.example/m@v1"),
    ],
)
def test_only_a_pin_of_mlgit_moves_with_the_version(before: str, after: str) -> None:
    assert repinned(before, "1.0.0") == after


def test_an_include_of_mlgits_files_is_found_outside_comments() -> None:
    assert includes_mlgit("gitlab", "include:\n  - local: /.gitlab/mlgit/full.yml\n")
    assert not includes_mlgit("gitlab", "# - local: /.gitlab/mlgit/full.yml\n")


DVC_CONFIG = """\
[core]
    remote = storage
['remote "storage"']
    url = s3://bucket/path
    endpointurl = https://minio.example
['remote "old"']
    url = ssh://me@server/data
['remote "here"']
    url = ../storage
"""


def test_the_dvc_remotes_decide_plugins_and_secrets() -> None:
    kinds = remote_kinds(DVC_CONFIG)
    assert kinds == ("s3", "ssh", "local")
    assert plugins(kinds) == ("dvc-s3", "dvc-ssh")
    assert remarks(kinds) == ()
    assert any(
        "AWS_SECRET_ACCESS_KEY" in step
        for step in next_steps("github", kinds=kinds, environments=(), branch="main")
    )


def test_a_remote_that_ci_cannot_reach_is_noted() -> None:
    assert "folder" in remarks(remote_kinds("[r]\n url = /srv/data\n"))[0]
    assert "no DVC remote" in remarks(remote_kinds(""))[0]


def test_every_host_gets_its_own_next_steps() -> None:
    github = "\n".join(next_steps("github", kinds=("ssh",), environments=("prod",), branch="trunk"))
    gitlab = "\n".join(next_steps("gitlab", kinds=("gs",), environments=("prod",), branch="trunk"))
    assert "`mlgit`" in github
    assert "`trunk`" in github
    assert "`prod`" in github
    assert "docs/guides/github.md" in github
    assert "MLGIT_PUSH_TOKEN" in gitlab
    assert "docs/guides/gitlab.md" in gitlab


@pytest.mark.parametrize(
    "words",
    [("mlgit==1.0.0",), ("mlgit@git+https://forge.example/m@v1", "dvc-s3>=3,<4"), ("/srv/m.whl",), ("a[b]",)],
)
def test_requirements_become_one_text(words: tuple[str, ...]) -> None:
    assert checked_requirement(words) == " ".join(words)


@pytest.mark.parametrize(
    "word",
    [
        "-r",
        "a'b",
        'a"b',
        "a;b",
        "$(id)",
        "a|b",
        "${{x}}",
        "a#b",
        "--index-url",
        "./m.whl",
        ".",
        "wheels/m.whl",
    ],
)
def test_an_invalid_requirement_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="cannot be a requirement"):
        checked_requirement([word])


@pytest.mark.parametrize(
    ("name", "plain"), [("main", True), ("release/1.0", True), ("a*b", False), ("!x", False), ("a'b", False)]
)
def test_a_branch_must_not_have_characters_of_a_filter(name: str, *, plain: bool) -> None:
    assert is_plain_branch(name) is plain


@pytest.mark.parametrize(
    ("status", "written"),
    [("create", True), ("update", True), ("replace", True), ("same", False), ("conflict", False)],
)
def test_a_file_knows_whether_it_changes(status: Status, *, written: bool) -> None:
    assert TemplateFile(path="a", template="b", status=status).is_written is written


def test_without_environments_and_secrets_there_are_fewer_steps() -> None:
    steps = next_steps("github", kinds=("local", "https"), environments=(), branch="main")
    assert len(steps) == 2


def test_an_environment_whose_name_does_not_fit_a_rule_gets_no_job() -> None:
    names = ["prod", "a/b", "dev_2", "-x"]
    assert environment_jobs("gitlab", names) == (("prod", "dev_2"), ("a/b", "-x"))
    assert environment_jobs("github", names) == ((), ())


def test_a_schedule_of_github_runs_on_the_default_branch() -> None:
    variables = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "schedule", "GITHUB_REF": "refs/heads/trunk"}
    event = ci_event(variables, {"schedule": "17 5 * * *"})
    assert event is not None
    assert (event.kind, event.default_branch) == ("schedule", "trunk")


@pytest.mark.parametrize(
    ("stages", "inputs"),
    [
        ([], {}),
        (["test", "deploy"], {}),
        (["build", "test", "deploy", "after"], {}),
        (["deploy", "run"], {"test_stage": "run"}),
        (["build", "train", "evaluate", "deploy"], {"test_stage": "evaluate"}),
        (["test", "publish"], {"deploy_stage": "publish"}),
        (["build", "ship"], {"test_stage": "build", "deploy_stage": "ship"}),
        (["all"], {"test_stage": "all", "deploy_stage": "all"}),
        (["test"], {"deploy_stage": "test"}),
    ],
)
def test_jobs_go_into_stages_that_the_entry_file_has(stages: list[str], inputs: dict[str, str]) -> None:
    assert stage_inputs(stages) == inputs
    known = {"test_stage": "test", "deploy_stage": "deploy", **inputs}
    assert not stages or set(known.values()) <= set(stages)
