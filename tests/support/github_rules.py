"""GitHub rules: the security rules for GitHub's files, each a function that names every violation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.templates import ISOLATED, ONE_COMMAND, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.templates import Texts, Tree

PULL_REQUEST = ".github/workflows/mlgit-pr.yml"
FORKS = ".github/workflows/mlgit-report.yml"
MERGED = ".github/workflows/mlgit-merged.yml"
DEPLOY = ".github/workflows/mlgit-deploy.yml"
MONITOR = ".github/workflows/mlgit-monitor.yml"

READ = {"contents": "read"}
COMMENT = {"pull-requests": "write", "checks": "write"}
DEPLOYMENT = {"contents": "read", "deployments": "write", "id-token": "write"}
# The rights of each job: an unlisted job, or one with more rights, is a violation.
RIGHTS: dict[str, dict[str, dict[str, str]]] = {
    PULL_REQUEST: {"announce": COMMENT, "gates": READ, "report": READ | COMMENT},
    FORKS: {"announce": COMMENT, "report": COMMENT | {"actions": "read"}},
    MERGED: {"merged": {"contents": "write"}, "deploy": DEPLOYMENT, "cache": READ},
    DEPLOY: {"parse": READ, "deploy": DEPLOYMENT},
    MONITOR: {"monitor": READ},
}
TRIGGERS = {
    PULL_REQUEST: {"pull_request", "workflow_call"},
    FORKS: {"workflow_run"},
    MERGED: {"push", "workflow_dispatch", "workflow_call"},
    DEPLOY: {"push", "workflow_call", "workflow_dispatch"},
    MONITOR: {"schedule", "workflow_dispatch", "workflow_call"},
}
OLDEST_CHECKOUT = (6, 0, 2)
SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"
DEFAULT_BRANCH = "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"
INSTALL, LIST_TAGS = "Install mlgit", "List the remote's tags"
_USES = re.compile(r"^\s*(?:- )?uses: (\S+)(?: # (\S+))?$", re.MULTILINE)
_PIN = re.compile(r"([\w.-]+/[\w./-]+)@([0-9a-f]{40})")


def workflows(texts: Texts) -> dict[str, Tree]:
    """The workflows among the files."""
    return {path: parse(text) for path, text in texts.items() if "/workflows/" in path}


def each_job(texts: Texts) -> Iterator[tuple[str, str, Tree]]:
    """Path, name and content of every job."""
    for path, workflow in workflows(texts).items():
        for name, job in workflow["jobs"].items():
            yield path, name, job


def each_step(texts: Texts) -> Iterator[tuple[str, Tree]]:
    """Path and content of every step of jobs and composite actions."""
    for path, name, job in each_job(texts):
        for step in job.get("steps", []):
            yield f"{path} {name}", step
    for path, text in texts.items():
        if "/actions/" in path:
            for step in parse(text)["runs"]["steps"]:
                yield path, step


def permissions_are_minimal(texts: Texts) -> list[str]:
    """No rights at the top, and in each job exactly those that it needs."""
    wrong = [path for path, workflow in workflows(texts).items() if workflow["permissions"] != {}]
    for path, name, job in each_job(texts):
        if job.get("permissions") != RIGHTS[path].get(name):
            wrong.append(f"{path} {name}: {job.get('permissions')}")
    return wrong


def actions_are_pinned(texts: Texts) -> list[str]:
    """Each action is pinned to the same full commit id everywhere, with its version in a comment."""
    wrong: list[str] = []
    known: dict[str, tuple[str, str]] = {}
    for path, text in texts.items():
        for uses, comment in _USES.findall(text):
            if uses.startswith("./"):
                continue
            pin = _PIN.fullmatch(uses)
            version = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+)", comment)
            if pin is None or version is None:
                wrong.append(f"{path}: {uses} {comment}")
                continue
            owner = "/".join(pin[1].split("/")[:2])
            if known.setdefault(owner, (pin[2], comment)) != (pin[2], comment):
                wrong.append(f"{path}: {uses} is another one elsewhere")
            if owner == "actions/checkout" and tuple(map(int, version.groups())) < OLDEST_CHECKOUT:
                wrong.append(f"{path}: {comment} makes annotated tags lightweight")
    seen = sum(step.get("uses") is not None for _, step in each_step(texts))
    called = sum("uses" in job for _, _, job in each_job(texts))
    if sum(len(_USES.findall(text)) for text in texts.values()) != seen + called:
        wrong.append("a `uses` is written in a way that this rule does not read")
    return wrong


def triggers_are_safe(texts: Texts) -> list[str]:
    """Only the listed events start workflows: no pull_request_target, no issue_comment."""
    return [
        f"{path}: {sorted(workflow['on'])}"
        for path, workflow in workflows(texts).items()
        if set(workflow["on"]) != TRIGGERS[path]
    ]


def another_target_runs_again(texts: Texts) -> list[str]:
    """A pull request that gets another target branch is checked again."""
    types = set(workflows(texts)[PULL_REQUEST]["on"]["pull_request"]["types"])
    return sorted({"opened", "synchronize", "reopened", "edited"} ^ types)


def workflow_run_checks_out_no_head(texts: Texts) -> list[str]:
    """A fork's files are neither checked out nor unpacked into the workspace."""
    wrong = []
    for path, _, job in each_job(texts):
        if "workflow_run" not in parse(texts[path])["on"]:
            continue
        for step in job["steps"]:
            inputs = step.get("with", {})
            if "checkout@" in step.get("uses", "") and set(inputs) & {"ref", "repository"}:
                wrong.append(f"{path}: checks out {inputs}")
            if "download-artifact@" in step.get("uses", "") and "runner.temp" not in inputs.get("path", ""):
                wrong.append(f"{path}: unpacks into {inputs.get('path')}")
            if step.get("name") != INSTALL and not re.search(
                r"^$|--untrusted$|--running$", step.get("run", "")
            ):
                wrong.append(f"{path}: trusts the fork")
            if "head_" in str(step.get("env", {})):
                wrong.append(f"{path}: hands on what the fork named")
    return wrong


def nothing_is_spliced_into_scripts(texts: Texts) -> list[str]:
    """No `${{ }}` in `run:`: values come from the environment."""
    return [where for where, step in each_step(texts) if "${{" in step.get("run", "")]


def checkouts_keep_no_credentials(texts: Texts) -> list[str]:
    """Checkouts keep no credentials, and fetch the whole history with tags."""
    return [
        f"{where}: {step.get('with')}"
        for where, step in each_step(texts)
        if "actions/checkout@" in step.get("uses", "")
        and step.get("with") != {"fetch-depth": 0, "persist-credentials": False}
    ]


def concurrency_is_limited(texts: Texts) -> list[str]:
    """A newer push of a pull request cancels; jobs that write or deploy queue per environment."""
    wrong = []
    for path, workflow in workflows(texts).items():
        limit = workflow.get("concurrency", {})
        cancels = path in {PULL_REQUEST, FORKS}
        if not limit.get("group") or limit.get("cancel-in-progress") is not cancels:
            wrong.append(f"{path}: {limit}")
        if path == PULL_REQUEST and "github.event.pull_request.number" not in limit.get("group", ""):
            wrong.append(f"{path}: not one group a pull request")
    for path, name, job in each_job(texts):
        limit = job.get("concurrency", {})
        if "environment" in job and (
            str(job["environment"]).strip("${} ") not in limit.get("group", "")
            or limit.get("cancel-in-progress") is not False
        ):
            wrong.append(f"{path} {name}: {limit}")
        if "environment" in job and "needs.parse.outputs.deploy == 'true' &&" not in limit.get("group", ""):
            wrong.append(f"{path} {name}: a job without work is in the group of one with work")
    return wrong


def jobs_end(texts: Texts) -> list[str]:
    """Every job has a time-out (a call of a workflow has those of its jobs)."""
    return [
        f"{path} {name}"
        for path, name, job in each_job(texts)
        if "uses" not in job and not 0 < job.get("timeout-minutes", 0) <= 120
    ]


def identity_only_with_environment(texts: Texts) -> list[str]:
    """OIDC tokens are only for jobs with an environment, whose rules protect them."""
    parsed = workflows(texts)
    wrong = []
    for path, name, job in each_job(texts):
        if "id-token" not in (job.get("permissions") or {}):
            continue
        asked = [job]
        if "uses" in job:
            called = parsed[job["uses"].removeprefix("./")]["jobs"].values()
            asked = [inner for inner in called if "id-token" in inner["permissions"]]
        if not asked or any("environment" not in inner for inner in asked):
            wrong.append(f"{path} {name}")
    return wrong


def caches_are_saved_on_the_default_branch(texts: Texts) -> list[str]:
    """A pull request cannot leave files for other runs."""
    wrong = [where for where, step in each_step(texts) if "actions/cache@" in step.get("uses", "")]
    for path, name, job in each_job(texts):
        saves = any("actions/cache/save@" in step.get("uses", "") for step in job.get("steps", []))
        if saves and (DEFAULT_BRANCH not in job.get("if", "") or "pull_request" in parse(texts[path])["on"]):
            wrong.append(f"{path} {name}")
    composite = [path for path, text in texts.items() if "/actions/" in path and "cache/save@" in text]
    return wrong + composite


def secrets_stay_in_the_environment_of_a_step(texts: Texts) -> list[str]:
    """Secrets are not in arguments, `with:`, or a job's or workflow's environment, and never inherited."""
    wrong = []
    for path, workflow in workflows(texts).items():
        if _names_secrets(workflow.get("env")):
            wrong.append(path)
    for path, name, job in each_job(texts):
        if _names_secrets(job.get("env")) or job.get("secrets") == "inherit":
            wrong.append(f"{path} {name}")
    for where, step in each_step(texts):
        if _names_secrets({key: value for key, value in step.items() if key != "env"}) and (
            "download-artifact@" not in step.get("uses", "")
        ):
            wrong.append(f"{where}: {step}")
        if any(
            name in step.get("run", "") for name in step.get("env", {}) if name.isupper() and _secret(name)
        ):
            wrong.append(f"{where}: names a secret in a script")
    return wrong


def one_step_may_push(texts: Texts) -> list[str]:
    """Only steps that use the remote have Git's token, and only that of `mlgit ci merged` may write."""
    wrong = []
    for path, name, job in each_job(texts):
        writes = job["permissions"].get("contents") == "write"
        command = "mlgit ci merged " if writes else "mlgit ci tag "
        holders = [step for step in job.get("steps", []) if "MLGIT_PUSH_TOKEN" in step.get("env", {})]
        if not all(step["run"].startswith(command) for step in holders):
            wrong.append(f"{path} {name}")
    return wrong


def code_of_pull_requests_has_no_token(texts: Texts) -> list[str]:
    """The job that runs a pull request has the forge's token only before its code is checked out."""
    gates = parse(texts[PULL_REQUEST])["jobs"]["gates"]
    first, second, *later = gates["steps"]
    wrong = [] if "checkout@" in second.get("uses", "") and first["name"] == LIST_TAGS else ["order"]
    rest = {**gates, "steps": [second, *later]}
    return [*wrong, *(["gates"] if re.search(r"github\.token|GITHUB_TOKEN", str(rest)) else [])]


def jobs_that_comment_have_no_checkout(texts: Texts) -> list[str]:
    """Next to a token that may write on the forge there is no file of a branch, and no action of one."""
    return [
        f"{path} {name}: {step['uses']}"
        for path, name, job in each_job(texts)
        if {"pull-requests", "checks"} & set(job["permissions"])
        for step in job["steps"]
        if "actions/checkout@" in step.get("uses", "") or step.get("uses", "").startswith("./")
    ]


def python_imports_nothing_from_the_checkout(texts: Texts) -> list[str]:
    """Python is isolated, and pip installs mlgit from an empty folder, everywhere with the same lines."""
    scripts = [(where, step) for where, step in each_step(texts) if "run" in step]
    wrong = [where for where, step in scripts if ISOLATED.search(step["run"])]
    installs = [(where, step["run"]) for where, step in scripts if step.get("name") == INSTALL]
    wrong += [where for where, script in installs if script != installs[0][1]]
    wrong += [where for where, script in installs if '(cd "$clean" && python -I -m pip install' not in script]
    return wrong


def trunk_is_compared_as_a_full_ref(texts: Texts) -> list[str]:
    """A tag with the name of the default branch does not start its jobs."""
    wrong = [f"{path}: ref_name is compared" for path, text in texts.items() if "github.ref_name ==" in text]
    merged = parse(texts[MERGED])["jobs"]
    return wrong + [name for name in ("merged", "cache") if DEFAULT_BRANCH not in merged[name].get("if", "")]


def the_remotes_tags_are_listed_first(texts: Texts) -> list[str]:
    """A job without a token for mlgit has the list of tags from before the checkout, outside of it."""
    wrong = []
    for path, name, job in each_job(texts):
        runs = [
            step for step in job.get("steps", []) if re.search(r"ci (?:pr|monitor)\b", step.get("run", ""))
        ]
        for step in runs:
            listing = step["env"].get("MLGIT_REMOTE_TAGS", "")
            first = job["steps"][0]
            if first.get("env", {}).get("MLGIT_REMOTE_TAGS") != listing or "runner.temp" not in listing:
                wrong.append(f"{path} {name}")
            if '-o "$RUNNER_TEMP/mlgit-report"' not in step["run"]:
                wrong.append(f"{path} {name}: its report is in the checkout")
    return wrong


def forks_reach_no_rights(texts: Texts) -> list[str]:
    """In the pull request's workflow, jobs that may write run only for branches of the repository."""
    return [
        name
        for name, job in parse(texts[PULL_REQUEST])["jobs"].items()
        if "write" in job["permissions"].values() and SAME_REPOSITORY not in job.get("if", "")
    ]


def tags_are_parsed_first(texts: Texts) -> list[str]:
    """A deployment needs the job that full-matched the tag, and uses its name after `--`."""
    found = parse(texts[DEPLOY])["jobs"]
    deploy, wrong = found["deploy"], []
    if deploy.get("needs") != "parse" or deploy.get("if") != "needs.parse.outputs.deploy == 'true'":
        wrong.append("deploys without asking")
    if deploy["environment"] != "${{ needs.parse.outputs.environment }}":
        wrong.append("takes the environment from elsewhere")
    for job in found.values():
        scripts = [step["run"] for step in job["steps"] if "run" in step]
        wrong += [script for script in scripts if not script.endswith('-- "$MLGIT_TAG"')]
    if [step["env"]["MLGIT_TAG"] for step in deploy["steps"] if "run" in step] != [
        "${{ needs.parse.outputs.tag }}"
    ]:
        wrong.append("deploys an unparsed tag")
    return wrong


def jobs_hold_no_logic(texts: Texts) -> list[str]:
    """Each job of a workflow runs one command, after the same set-up."""
    wrong = []
    for path, name, job in each_job(texts):
        scripts = [
            step["run"]
            for step in job.get("steps", [])
            if "run" in step and step.get("name") not in {INSTALL, LIST_TAGS}
        ]
        if "uses" in job:
            continue
        if len(scripts) != 1 or not ONE_COMMAND.fullmatch(scripts[0]):
            wrong.append(f"{path} {name}: {scripts}")
    return wrong


def _secret(name: str) -> bool:
    return re.search(r"TOKEN|SECRET|KEY|CREDENTIALS|CONNECTION_STRING", name) is not None


def _names_secrets(tree: Tree) -> bool:
    return re.search(r"secrets\.|github\.token|GITHUB_TOKEN", str(tree)) is not None


RULES = (
    permissions_are_minimal,
    actions_are_pinned,
    triggers_are_safe,
    another_target_runs_again,
    workflow_run_checks_out_no_head,
    nothing_is_spliced_into_scripts,
    checkouts_keep_no_credentials,
    concurrency_is_limited,
    jobs_end,
    identity_only_with_environment,
    caches_are_saved_on_the_default_branch,
    secrets_stay_in_the_environment_of_a_step,
    one_step_may_push,
    code_of_pull_requests_has_no_token,
    jobs_that_comment_have_no_checkout,
    python_imports_nothing_from_the_checkout,
    trunk_is_compared_as_a_full_ref,
    the_remotes_tags_are_listed_first,
    forks_reach_no_rights,
    tags_are_parsed_first,
    jobs_hold_no_logic,
)
