"""The security rules of the CI templates, in every bundled file and in every file that `ci init` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import github_rules, gitlab_rules
from tests.support.github_rules import DEPLOY, FORKS, MERGED, MONITOR, PULL_REQUEST
from tests.support.gitlab_rules import FULL
from tests.support.shell import Folder
from tests.support.templates import bundled, on_disk

if TYPE_CHECKING:
    from tests.support.templates import Rule, Texts

    Origins = dict[tuple[str, str], Texts]

ACTION = ".github/actions/mlgit-setup/action.yml"
MERGE_REQUEST = ".gitlab/mlgit/pr.yml"
GITLAB_MERGED = ".gitlab/mlgit/merged.yml"
GITLAB_DEPLOY = ".gitlab/mlgit/deploy.yml"
GITLAB_MONITOR = ".gitlab/mlgit/monitor.yml"
CONFIG = "version: 1\nenvironments: {staging: {auto: true}, prod: {from: staging}, dev_2: {}}\n"
ORIGINS = ("bundled", "verify", "run")


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Origins:
    """Host and origin -> path -> text: as bundled, and as the program writes it in both modes."""
    found = {}
    for host in ("github", "gitlab"):
        found[host, "bundled"] = bundled(host)
        for mode in ("verify", "run"):
            folder = Folder(tmp_path_factory.mktemp(f"{host}-{mode}"))
            folder.git("init", "-q", "-b", "trunk")
            folder.write("mlgit.yaml", CONFIG)
            folder.git("update-ref", "refs/remotes/origin/trunk", folder.commit("Declare"))
            folder.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
            folder.git("remote", "add", "origin", "https://forge.example/me/line.git")
            done = folder.here(
                "ci", "init", "--host", host, "--pipeline", mode, "--requirement", "mlgit==1.0.0"
            )
            assert done.status == 0, done.err
            found[host, mode] = on_disk(folder.path, host)
    return found


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("rule", github_rules.RULES, ids=lambda rule: rule.__name__)
def test_files_for_github_obey_the_rule(rule: Rule, origin: str, origins: Origins) -> None:
    assert rule(origins["github", origin]) == []


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("rule", gitlab_rules.RULES, ids=lambda rule: rule.__name__)
def test_files_for_gitlab_obey_the_rule(rule: Rule, origin: str, origins: Origins) -> None:
    assert rule(origins["gitlab", origin]) == []


PINNED = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2"
# Rule, file, the text there, a mistake that could replace it.
MISTAKES = [
    (github_rules.permissions_are_minimal, PULL_REQUEST, "permissions: {}", "permissions: write-all"),
    (github_rules.permissions_are_minimal, PULL_REQUEST, "checks: write", "deployments: write"),
    (github_rules.permissions_are_minimal, MONITOR, "contents: read", "contents: write"),
    (github_rules.actions_are_pinned, MERGED, PINNED, "actions/checkout@v6"),
    (github_rules.actions_are_pinned, MERGED, PINNED, PINNED.replace(" # v6.0.2", "")),
    (github_rules.actions_are_pinned, MERGED, PINNED, PINNED.replace("v6.0.2", "v6.0.1")),
    (github_rules.actions_are_pinned, MERGED, PINNED, PINNED.replace("de0f", "de0e")),
    (github_rules.triggers_are_safe, PULL_REQUEST, "  pull_request:", "  pull_request_target:"),
    (github_rules.another_target_runs_again, PULL_REQUEST, ", edited]", "]"),
    (github_rules.triggers_are_safe, DEPLOY, "  workflow_dispatch:", "  issue_comment:"),
    (
        github_rules.workflow_run_checks_out_no_head,
        FORKS,
        "      - name: Install mlgit\n",
        "      - uses: actions/checkout@v6\n        with: {ref: x}\n      - name: Install mlgit\n",
    ),
    (github_rules.workflow_run_checks_out_no_head, FORKS, "${{ runner.temp }}/", ""),
    (github_rules.workflow_run_checks_out_no_head, FORKS, " --untrusted", ""),
    (github_rules.nothing_is_spliced_into_scripts, DEPLOY, '"$MLGIT_TAG"', '"${{ github.ref_name }}"'),
    (github_rules.nothing_is_spliced_into_scripts, ACTION, '"mlgit==${here#mlgit }"', '"${{ inputs.x }}"'),
    (github_rules.checkouts_keep_no_credentials, PULL_REQUEST, "persist-credentials: false", "lfs: true"),
    (github_rules.checkouts_keep_no_credentials, MERGED, "fetch-depth: 0", "fetch-depth: 1"),
    (
        github_rules.concurrency_is_limited,
        PULL_REQUEST,
        "cancel-in-progress: true",
        "cancel-in-progress: false",
    ),
    (github_rules.concurrency_is_limited, PULL_REQUEST, "github.event.pull_request.number", "github.run_id"),
    (github_rules.concurrency_is_limited, MERGED, "cancel-in-progress: false", "cancel-in-progress: true"),
    (
        github_rules.concurrency_is_limited,
        DEPLOY,
        "needs.parse.outputs.name, needs.parse.outputs.environment",
        "github.run_id",
    ),
    (github_rules.jobs_end, MONITOR, "    timeout-minutes: 60\n", ""),
    (
        github_rules.identity_only_with_environment,
        DEPLOY,
        "    environment: ${{ needs",
        "    name: ${{ needs",
    ),
    (
        github_rules.caches_are_saved_on_the_default_branch,
        MERGED,
        f"vars.MLGIT_CACHE == 'true' && {github_rules.DEFAULT_BRANCH}",
        "vars.MLGIT_CACHE == 'true'",
    ),
    (github_rules.caches_are_saved_on_the_default_branch, ACTION, "actions/cache/restore@", "actions/cache@"),
    (
        github_rules.secrets_stay_in_the_environment_of_a_step,
        PULL_REQUEST,
        "mlgit ci comment --running",
        'mlgit ci comment --running --token "$GITHUB_TOKEN"',
    ),
    (
        github_rules.secrets_stay_in_the_environment_of_a_step,
        MERGED,
        "    needs: merged\n",
        "    needs: merged\n    env: {A: '${{ secrets.A }}'}\n",
    ),
    (
        github_rules.one_step_may_push,
        MONITOR,
        "        env:\n",
        "        env:\n          MLGIT_PUSH_TOKEN: x\n",
    ),
    (
        github_rules.code_of_pull_requests_has_no_token,
        PULL_REQUEST,
        "        env: # for",
        "        env:\n          GITHUB_TOKEN: ${{ github.token }} # for",
    ),
    (
        github_rules.forks_reach_no_rights,
        PULL_REQUEST,
        "    if: github.event.pull_request.head.repo.full_name == github.repository\n",
        "",
    ),
    (
        github_rules.jobs_that_comment_have_no_checkout,
        PULL_REQUEST,
        "      - name: Install mlgit\n",
        "      - uses: ./.github/actions/mlgit-setup\n      - name: Install mlgit\n",
    ),
    (github_rules.jobs_that_comment_have_no_checkout, FORKS, "actions/setup-python@", "actions/checkout@"),
    (github_rules.python_imports_nothing_from_the_checkout, ACTION, "python -I -m pip", "python -m pip"),
    (github_rules.python_imports_nothing_from_the_checkout, MERGED, "python -I -m dvc", "python -m dvc"),
    (github_rules.python_imports_nothing_from_the_checkout, FORKS, '(cd "$clean" && ', "("),
    (
        github_rules.trunk_is_compared_as_a_full_ref,
        MERGED,
        github_rules.DEFAULT_BRANCH,
        "github.ref_name == github.event.repository.default_branch",
    ),
    (
        github_rules.the_remotes_tags_are_listed_first,
        PULL_REQUEST,
        "${{ runner.temp }}/mlgit-remote-tags",
        "mlgit-remote-tags",
    ),
    (github_rules.the_remotes_tags_are_listed_first, MONITOR, '"$RUNNER_TEMP/mlgit-report"', "mlgit-report"),
    (
        github_rules.concurrency_is_limited,
        DEPLOY,
        "needs.parse.outputs.deploy == 'true'\n        && ",
        "",
    ),
    (github_rules.tags_are_parsed_first, DEPLOY, "    needs: parse\n", ""),
    (github_rules.tags_are_parsed_first, DEPLOY, "${{ needs.parse.outputs.tag }}", "${{ github.ref_name }}"),
    (github_rules.tags_are_parsed_first, DEPLOY, ' -- "$MLGIT_TAG"', ' "$MLGIT_TAG"'),
    (
        github_rules.jobs_hold_no_logic,
        MONITOR,
        'mlgit ci monitor -o "$RUNNER_TEMP/mlgit-report"',
        "mlgit ci monitor || true",
    ),
    (
        gitlab_rules.every_job_says_when,
        GITLAB_MERGED,
        f"{gitlab_rules.PUSH}\n",
        f"{gitlab_rules.TRUNK}\n",
    ),
    (gitlab_rules.every_job_says_when, MERGE_REQUEST, "      when: always\n", "    - when: always\n"),
    (gitlab_rules.history_is_whole, GITLAB_DEPLOY, 'GIT_DEPTH: "0"', 'GIT_DEPTH: "20"'),
    (gitlab_rules.jobs_end, GITLAB_MONITOR, "  timeout: 1 hour\n", ""),
    (
        gitlab_rules.newer_pushes_cancel_merge_requests_only,
        MERGE_REQUEST,
        "interruptible: true",
        "interruptible: false",
    ),
    (
        gitlab_rules.newer_pushes_cancel_merge_requests_only,
        GITLAB_DEPLOY,
        "interruptible: false",
        "interruptible: true",
    ),
    (gitlab_rules.writers_queue, GITLAB_DEPLOY, "  resource_group: mlgit-$[[ inputs.environment ]]\n", ""),
    (gitlab_rules.writers_queue, GITLAB_MERGED, "  resource_group: mlgit-merged\n", ""),
    (
        gitlab_rules.environments_belong_to_deployments,
        GITLAB_MERGED,
        "  resource_group: mlgit-merged\n",
        "  environment: {name: prod}\n",
    ),
    (
        gitlab_rules.caches_are_saved_on_the_default_branch,
        MERGE_REQUEST,
        "    policy: pull\n",
        "",
    ),
    (
        gitlab_rules.secrets_stay_in_the_environment,
        MERGE_REQUEST,
        "mlgit ci comment --running",
        "mlgit ci comment --running --token $MLGIT_GITLAB_TOKEN",
    ),
    (
        gitlab_rules.inputs_are_not_spliced_into_scripts,
        MERGE_REQUEST,
        'mlgit ci pr --pipeline "$MLGIT_PIPELINE"',
        "mlgit ci pr --pipeline $[[ inputs.pipeline ]]",
    ),
    (gitlab_rules.inputs_are_not_spliced_into_scripts, GITLAB_DEPLOY, '"$CI_COMMIT_TAG"', "$CI_COMMIT_TAG"),
    (gitlab_rules.tags_are_parsed_first, GITLAB_DEPLOY, "  needs: [mlgit-tag]\n", ""),
    (gitlab_rules.tags_are_parsed_first, GITLAB_DEPLOY, '-- "$CI_COMMIT_TAG"', '"$CI_COMMIT_TAG"'),
    (
        gitlab_rules.merge_requests_only_reach_their_jobs,
        GITLAB_MONITOR,
        '"schedule"',
        '"merge_request_event"',
    ),
    (gitlab_rules.jobs_hold_no_logic, GITLAB_MONITOR, "mlgit ci monitor", "cd here && mlgit ci monitor"),
    (gitlab_rules.jobs_hold_no_logic, GITLAB_MONITOR, 'here="$(mlgit', 'here="$(sudo mlgit'),
    (gitlab_rules.jobs_that_comment_have_no_checkout, MERGE_REQUEST, "    GIT_STRATEGY: none\n", ""),
    (
        gitlab_rules.jobs_that_comment_have_no_checkout,
        MERGE_REQUEST,
        "  environment: {name: mlgit-report, action: access}\n",
        "",
    ),
    (
        gitlab_rules.python_imports_nothing_from_the_checkout,
        GITLAB_MERGED,
        "python -I -m dvc",
        "python -m dvc",
    ),
    (gitlab_rules.python_imports_nothing_from_the_checkout, GITLAB_DEPLOY, '(cd "$clean" && ', "("),
    (gitlab_rules.tags_start_no_trunk_jobs, GITLAB_MONITOR, " && $CI_COMMIT_TAG == null", ""),
    (gitlab_rules.the_remotes_tags_are_listed_first, MERGE_REQUEST, "$(mktemp)", "mlgit-tags"),
    (gitlab_rules.every_input_is_used, FULL, "      image: $[[ inputs.image ]]\n", ""),
]


@pytest.mark.parametrize(
    ("rule", "path", "right", "wrong"),
    MISTAKES,
    ids=[
        f"{rule.__name__}-{path.rpartition('/')[2]}-{number}"
        for number, (rule, path, _, _) in enumerate(MISTAKES)
    ],
)
def test_the_rule_finds_the_mistake(rule: Rule, path: str, right: str, wrong: str) -> None:
    texts = bundled("gitlab" if path.startswith(".gitlab") else "github")
    assert right in texts[path]
    assert rule(texts) == []
    assert rule(texts | {path: texts[path].replace(right, wrong)}) != []


def test_every_rule_has_a_mistake_that_it_finds() -> None:
    seen = {rule for rule, _, _, _ in MISTAKES}
    assert set(github_rules.RULES + gitlab_rules.RULES) == seen


def test_the_jobs_have_the_outputs_of_gto_action() -> None:
    parse = github_rules.workflows(bundled("github"))[DEPLOY]["jobs"]["parse"]
    assert set(parse["outputs"]) >= {"event", "name", "version", "stage", "type", "path", "description"}
    assert all(value == f"${{{{ steps.tag.outputs.{name} }}}}" for name, value in parse["outputs"].items())


def test_the_settings_of_ci_init_reach_the_jobs(origins: Origins) -> None:
    for mode in ("verify", "run"):
        workflow = github_rules.workflows(origins["github", mode])
        assert workflow[PULL_REQUEST]["env"]["MLGIT_PIPELINE"] == f"${{{{ inputs.pipeline || '{mode}' }}}}"
        assert workflow[MERGED]["on"]["push"] == {"branches": ["trunk"]}
        pipeline = gitlab_rules.pipeline(origins["gitlab", mode])
        assert pipeline["mlgit-gates"]["variables"]["MLGIT_PIPELINE"] == mode
        assert pipeline["mlgit-gates"]["variables"]["MLGIT_REQUIREMENT"].startswith("mlgit==")
        assert {name for name in pipeline if name.startswith("mlgit-deploy-")} == {
            "mlgit-deploy-staging",
            "mlgit-deploy-prod",
            "mlgit-deploy-dev_2",
        }
