"""GitLab rules: the security rules for GitLab's files, each a function that names every violation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.templates import ISOLATED, ONE_COMMAND, expand, jobs, parse_component

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.templates import Texts, Tree

ENTRY = ".gitlab-ci.yml"
FULL = ".gitlab/mlgit/full.yml"
MERGE_REQUEST = '$CI_PIPELINE_SOURCE == "merge_request_event"'
TRUNK = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_COMMIT_TAG == null"
PUSH = f'$CI_PIPELINE_SOURCE == "push" && {TRUNK}'
REPORTERS = {"mlgit-announce", "mlgit-report"}
_LISTED = 'git ls-remote --heads --tags origin >"$MLGIT_REMOTE_TAGS"\n'
_PLACE = 'export MLGIT_REMOTE_TAGS="$(mktemp)"\n'
LIST_TAGS = {
    "mlgit-monitor": f"{_PLACE}{_LISTED}",
    "mlgit-gates": f"""\
{_PLACE}if [ "${{CI_PROJECT_PATH:-}}" = "${{CI_MERGE_REQUEST_PROJECT_PATH:-}}" ]; then
  {_LISTED}else # a fork: its own tags prove nothing, and without those of the target nothing is known
  target="$CI_MERGE_REQUEST_PROJECT_URL.git"
  git fetch --prune "$target" '+refs/tags/*:refs/tags/*' &&
    git ls-remote --heads --tags "$target" >"$MLGIT_REMOTE_TAGS" || true
fi
""",
}
TOKENS = re.compile(r"TOKEN|SECRET|PASSWORD|CREDENTIAL|_KEY\b")


def pipeline(texts: Texts) -> dict[str, Tree]:
    """The whole configuration, expanded from its entry."""
    return expand(texts, ENTRY, {})


def scripts(job: Tree) -> Iterator[str]:
    """Every line that a job runs."""
    for part in ("before_script", "script", "after_script"):
        yield from job.get(part, [])


def _kind(name: str) -> str:
    return "mlgit-deploy" if name.startswith("mlgit-deploy-") else name


def every_job_says_when(texts: Texts) -> list[str]:
    """Every job has its own rules, each with a condition; after a merge, push and branch are required."""
    found = jobs(pipeline(texts))
    wrong = [
        name
        for name, job in found.items()
        if not job.get("rules")
        or not all(rule.get("if") for rule in job["rules"])
        or {"only", "except"} & set(job)
    ]
    if found["mlgit-merged"].get("rules") != [{"if": PUSH}]:
        wrong.append("mlgit-merged")
    return wrong


def history_is_whole(texts: Texts) -> list[str]:
    """GIT_DEPTH is 0, so that jobs have the tags and the branch's base."""
    return [
        name
        for name, job in jobs(pipeline(texts)).items()
        if name not in REPORTERS and job.get("variables", {}).get("GIT_DEPTH") != "0"
    ]


def jobs_that_comment_have_no_checkout(texts: Texts) -> list[str]:
    """Next to the API's token, which belongs to the environment of two jobs, there is no file of a branch."""
    found = jobs(pipeline(texts))
    return [
        name
        for name in REPORTERS
        if found[name]["variables"].get("GIT_STRATEGY") != "none"
        or found[name].get("environment") != {"name": "mlgit-report", "action": "access"}
    ]


def python_imports_nothing_from_the_checkout(texts: Texts) -> list[str]:
    """Python is isolated, and pip installs mlgit from an empty folder."""
    found = jobs(pipeline(texts)).items()
    wrong = [name for name, job in found for line in scripts(job) if ISOLATED.search(line)]
    return wrong + [
        name for name, job in found if '(cd "$clean" && python -I -m pip' not in str(list(scripts(job)))
    ]


def tags_start_no_trunk_jobs(texts: Texts) -> list[str]:
    """A tag with the name of the default branch does not start its jobs."""
    whole = pipeline(texts)
    rules = [*whole["workflow"]["rules"], *(rule for job in jobs(whole).values() for rule in job["rules"])]
    return [rule["if"] for rule in rules if "$CI_COMMIT_BRANCH" in rule["if"] and TRUNK not in rule["if"]]


def the_remotes_tags_are_listed_first(texts: Texts) -> list[str]:
    """The gates have the list of tags from before anything of the branch runs, outside of the checkout."""
    found = jobs(pipeline(texts))
    return [name for name, lines in LIST_TAGS.items() if found[name]["before_script"][0] != lines]


def jobs_end(texts: Texts) -> list[str]:
    """Every job has a time-out."""
    return [
        name
        for name, job in jobs(pipeline(texts)).items()
        if not re.fullmatch(r"\d+ (minutes|hours?)", job.get("timeout", ""))
    ]


def newer_pushes_cancel_merge_requests_only(texts: Texts) -> list[str]:
    """Jobs of merge requests are interruptible; jobs that write or deploy are not."""
    wrong = []
    for name, job in jobs(pipeline(texts)).items():
        conditions = " ".join(rule["if"] for rule in job.get("rules", []))
        writes = _kind(name) in {"mlgit-merged", "mlgit-tag", "mlgit-deploy"}
        if job.get("interruptible") is writes or "interruptible" not in job:
            wrong.append(name)
        if "merge_request_event" in conditions and writes:
            wrong.append(f"{name} runs for merge requests")
    return wrong


def writers_queue(texts: Texts) -> list[str]:
    """One merge at a time, and one deployment per environment."""
    wrong = []
    for name, job in jobs(pipeline(texts)).items():
        expected = {
            "mlgit-merged": "mlgit-merged",
            "mlgit-deploy": f"mlgit-{job.get('environment', {}).get('name')}",
        }.get(_kind(name))
        if job.get("resource_group") != expected:
            wrong.append(f"{name}: {job.get('resource_group')}")
    return wrong


def environments_belong_to_deployments(texts: Texts) -> list[str]:
    """Only deployments and the jobs that comment have an environment; no other job gets its variables."""
    return [
        name
        for name, job in jobs(pipeline(texts)).items()
        if (name not in REPORTERS and ("environment" in job) != (_kind(name) == "mlgit-deploy"))
        or (_kind(name) == "mlgit-deploy" and name != f"mlgit-deploy-{job['environment']['name']}")
    ]


def caches_are_saved_on_the_default_branch(texts: Texts) -> list[str]:
    """A merge request cannot leave files for other pipelines."""
    wrong = []
    for name, job in jobs(pipeline(texts)).items():
        cache = job.get("cache")
        saves = cache is not None and cache.get("policy", "pull-push") != "pull"
        conditions = [rule["if"] for rule in job.get("rules", [])]
        if saves and not all(condition.startswith(PUSH) for condition in conditions):
            wrong.append(name)
    return wrong


def secrets_stay_in_the_environment(texts: Texts) -> list[str]:
    """No script names a token, and no file sets one."""
    wrong = []
    for name, job in jobs(pipeline(texts)).items():
        wrong += [f"{name}: {line}" for line in scripts(job) if TOKENS.search(line)]
        wrong += [f"{name}: {variable}" for variable in job.get("variables", {}) if TOKENS.search(variable)]
    return wrong


def inputs_are_not_spliced_into_scripts(texts: Texts) -> list[str]:
    """Values come from the environment, in quotes."""
    wrong = []
    for path, text in texts.items():
        for name, job in parse_component(text)[1].items():
            if isinstance(job, dict):
                wrong += [f"{path} {name}" for line in scripts(job) if "$[[" in line]
    for name, job in jobs(pipeline(texts)).items():
        wrong += [f"{name}: {line}" for line in scripts(job) if _unquoted(line)]
    return wrong


def tags_are_parsed_first(texts: Texts) -> list[str]:
    """A deployment needs the job that full-matched the tag; the name is after `--`."""
    wrong = []
    for name, job in jobs(pipeline(texts)).items():
        if _kind(name) == "mlgit-deploy" and job.get("needs") != ["mlgit-tag"]:
            wrong.append(name)
        wrong += [
            line
            for line in scripts(job)
            if "CI_COMMIT_TAG" in line and not line.endswith('-- "$CI_COMMIT_TAG"')
        ]
    return wrong


def merge_requests_only_reach_their_jobs(texts: Texts) -> list[str]:
    """Merge requests run only the gates and the two jobs that report."""
    return [
        name
        for name, job in jobs(pipeline(texts)).items()
        if any("merge_request_event" in rule["if"] for rule in job.get("rules", []))
        != (name in {"mlgit-announce", "mlgit-gates", "mlgit-report"})
    ]


def jobs_hold_no_logic(texts: Texts) -> list[str]:
    """Each job runs one command, after the same set-up everywhere."""
    found = jobs(pipeline(texts))
    setups = {
        name: [line for line in job["before_script"] if line not in LIST_TAGS.values()]
        for name, job in found.items()
    }
    wrong = [] if len({lines[0] for lines in setups.values()}) == 1 else ["the set-up differs"]
    for name, job in found.items():
        lines = job["script"]
        if len(lines) != 1 or not ONE_COMMAND.fullmatch(lines[0]):
            wrong.append(name)
        if len(setups[name]) != (2 if name == "mlgit-gates" else 1):
            wrong.append(f"{name}: sets up more")
    return wrong


def every_input_is_used(texts: Texts) -> list[str]:
    """Every input is used, and every used one is declared (gitlab-ci-local does not check that)."""
    wrong = []
    for path, text in texts.items():
        declared, content = parse_component(text)
        used = set(re.findall(r"\$\[\[ inputs\.(\w+) \]\]", str(content)))
        wrong += [f"{path}: {name}" for name in used ^ set(declared)]
        wrong += [f"{path}: {name} has no text" for name in declared if not declared[name].get("description")]
    return wrong


def _unquoted(line: str) -> bool:
    """Whether a variable is outside double quotes (assignments and `[ ]` of known names are safe)."""
    outside = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
    return re.search(r"\$\{?(?:CI_|GITLAB_|MLGIT_)", outside) is not None


RULES = (
    every_job_says_when,
    jobs_that_comment_have_no_checkout,
    python_imports_nothing_from_the_checkout,
    tags_start_no_trunk_jobs,
    the_remotes_tags_are_listed_first,
    history_is_whole,
    jobs_end,
    newer_pushes_cancel_merge_requests_only,
    writers_queue,
    environments_belong_to_deployments,
    caches_are_saved_on_the_default_branch,
    secrets_stay_in_the_environment,
    inputs_are_not_spliced_into_scripts,
    tags_are_parsed_first,
    merge_requests_only_reach_their_jobs,
    jobs_hold_no_logic,
    every_input_is_used,
)
