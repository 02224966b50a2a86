"""Deploy section: the values of `deploy:`, and every mistake in it with its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mlgit.adapters.config.loader import load
from mlgit.core.config.file import Config
from mlgit.core.deploy.targets import TARGETS, CommandTarget, LocalTarget
from mlgit.errors import ConfigError
from mlgit.resources import schema_text
from mlgit.yaml12 import load as load_yaml
from tests.support.config_file import outcome, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = (
    "version: 1\nmodels: {a: {path: m/a}, b: {path: m/b}}\nenvironments: {staging: {}, prod: {}}\ndeploy:\n"
)
WHOLE = """\
  prod: {target: local, path: '/srv//models/{model}/', keep: 5}
  staging: {target: command, command: [kubectl, '-o', 'jsonpath={.status}', '{version}', ''], timeout: 2h}
"""
TREE = json.loads(schema_text("mlgit"))
SCHEMA = Draft202012Validator(TREE)


@pytest.fixture(autouse=True, scope="module")
def no_plugins() -> Iterator[None]:
    """Hide the plug-ins that are installed here: they change which targets and keys exist."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("importlib.metadata.entry_points", lambda **_: ())
        yield


def target(config: Config, environment: str = "prod") -> object:
    declared = config.deploy[environment]
    assert declared.environment == environment
    return TARGETS[declared.target].read(declared.keys)


def test_a_folder_and_a_program_become_targets() -> None:
    config = read(HEAD + WHOLE)
    assert target(config) == LocalTarget(path="/srv/models/{model}", keep=5)
    assert target(config, "staging") == CommandTarget(
        command=("kubectl", "-o", "jsonpath={.status}", "{version}", ""), timeout_s=7200
    )


@pytest.mark.parametrize(("timeout", "seconds"), [("30s", 30), ("10m", 600), ("1h", 3600)])
def test_a_time_out_is_read_in_its_unit(timeout: str, seconds: int) -> None:
    config = read(HEAD + f"  prod: {{target: command, command: [x], timeout: {timeout}}}\n")
    assert target(config) == CommandTarget(command=("x",), timeout_s=seconds)


def test_a_key_that_is_left_out_has_the_default_of_the_schema() -> None:
    properties = TREE["$defs"]["deploy"]["properties"]
    folder = target(read(HEAD + "  prod: {target: local, path: '{model}'}\n"))
    program = target(read(HEAD + "  prod: {target: command, command: [x]}\n"))
    assert isinstance(folder, LocalTarget)
    assert folder.keep == properties["keep"]["default"]
    assert isinstance(program, CommandTarget)
    assert f"{program.timeout_s // 60}m" == properties["timeout"]["default"]


# Entry, message, column, words in the expectation or hint, whether the schema also refuses it.
REFUSED = [
    ("prd: {target: local, path: '{model}'}", "no environment `prd`", 3, "did you mean `prod`?", False),
    ("other: {target: local, path: '{model}'}", "no environment `other`", 3, "`prod` or `staging`", False),
    ("latest: {target: local, path: '{model}'}", "`latest` is reserved", 3, "", True),
    ("prod:", "`prod` is nothing", 3, "a mapping", True),
    ("prod: {path: /srv}", "`prod` has no `target`", 3, "add `target: …`", True),
    ("prod: {target: local}", "`target: local` and no `path`", 3, "add `path: …`", True),
    ("prod: {target: command}", "`target: command` and no `command`", 3, "add `command: …`", True),
    ("prod: {target: remote, path: x}", "`target` cannot be `remote`", 18, "`local` or `command`", True),
    *(
        (f"prod: {{target: {later}, path: x}}", f"`{later}` is not available in this version", 18, "", True)
        for later in ("ssh", "kserve", "docker", "ray", "mlserver")
    ),
    *(
        (
            f"prod: {{target: local, path: '{{model}}', {later}: {{}}}}",
            f"`{later}` is not available in this version",
            42,
            f"remove `{later}` in `prod`",
            True,
        )
        for later in ("health", "strategy", "on_fail")
    ),
    ("prod: {target: local, path: '{model}', kep: 1}", "no key `kep`", 42, "did you mean `keep`?", True),
    ("prod: {target: local, path: '{model}', keep: 0}", "0 is less than the minimum of 1", 48, "", True),
    ("prod: {target: local, path: '{model}', keep: many}", "`keep` is `many`", 48, "a whole number", True),
    ("prod: {target: local, path: '{model}', command: [x]}", "belongs to `target: command`", 42, "", True),
    ("prod: {target: command, command: [x], path: x}", "belongs to `target: local`", 41, "remove", True),
    ("prod: {target: command, command: [x], keep: 2}", "belongs to `target: local`", 41, "remove", True),
    ("prod: {target: local, path: 7}", "`path` is `7`", 31, "put it in quotes", True),
    ("prod: {target: local, path: ''}", "`path` is empty", 31, "", True),
    ("prod: {target: local, path: '../{model}'}", "cannot be the folder", 31, "", True),
    ("prod: {target: local, path: '/srv/{model}/../x'}", "cannot be the folder", 31, "", True),
    ("prod: {target: local, path: '~/{model}'}", "cannot be the folder", 31, "without `~`", True),
    ("prod: {target: local, path: 's3://b/{model}'}", "cannot be the folder", 31, "", True),
    ("prod: {target: local, path: '/srv/{modle}'}", "no placeholder `{modle}`", 31, "`{model}`?", False),
    (
        "prod: {target: local, path: '/{model}/{version}'}",
        "`{version}` cannot be part of `path`",
        31,
        "",
        False,
    ),
    ("prod: {target: local, path: '/'}", "is the whole disk", 31, "", False),
    ("prod: {target: local, path: './'}", "is the whole repository", 31, "", False),
    ("prod: {target: local, path: '.git/{model}'}", "Git's own folder", 31, "", False),
    (
        "prod: {target: local, path: /srv/x}",
        "`a` and `b` would be deployed to one",
        31,
        "/srv/x/{model}",
        False,
    ),
    ("prod: {target: command, command: sh x.sh}", "`command` is `sh x.sh`", 36, "`[sh, x.sh]`", True),
    ("prod: {target: command, command: []}", "`command` is empty", 36, "", True),
    ("prod: {target: command, command: ['']}", "An entry of `command` is empty", 37, "", True),
    ("prod: {target: command, command: [sleep, 5]}", "`command` is `5`", 44, 'quotes: `"5"`', True),
    ("prod: {target: command, command: [x, '{id}']}", "no placeholder `{id}`", 40, "", False),
    ("prod: {target: command, command: [x], timeout: 10}", "`timeout` is `10`", 50, "", True),
    ("prod: {target: command, command: [x], timeout: 10 min}", "cannot be the time-out", 50, "`10m`", True),
    ("prod: {target: command, command: [x], timeout: 0s}", "cannot be the time-out", 50, "", True),
    ('prod: {target: command, command: ["x\\0"]}', "control character", 37, "", False),
]


@pytest.mark.parametrize(("entry", "message", "column", "help_text", "in_schema"), REFUSED)
def test_a_mistake_is_reported_with_its_place(
    entry: str, message: str, column: int, help_text: str, in_schema: object
) -> None:
    text = f"{HEAD}  {entry}\n"
    with pytest.raises(ConfigError) as caught:
        read(text)
    error = caught.value
    assert message in error.message
    assert error.location is not None
    assert (error.location.line, error.location.column) == (5, column)
    assert help_text in f"{error.expected} {error.hint}"
    assert SCHEMA.is_valid(load_yaml(text, name="mlgit.yaml")) is not in_schema


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("{target: share, mount: x, health: {}}", "a plug-in that adds `share` may not be installed"),
        ("{target: share}", "a plug-in that adds `share` may not be installed"),
        ("{target: locl, pth: x}", "did you mean `local`?"),
    ],
)
def test_an_unknown_target_is_the_only_error_of_its_entry(entry: str, hint: str) -> None:
    with pytest.raises(ConfigError, match="`target` cannot be") as caught:
        read(f"{HEAD}  prod: {entry}\n")
    assert [each.message for each in caught.value.problems] == [caught.value.message]
    assert caught.value.hint == hint


def test_an_unknown_target_hides_no_error_of_another_entry() -> None:
    with pytest.raises(ConfigError) as caught:
        read(
            HEAD
            + "  prod: {target: share, mount: x}\n  staging: {target: local, path: '{model}', mount: x}\n"
        )
    assert [each.message for each in caught.value.problems] == [
        "`target` cannot be `share`",
        "There is no key `mount` in `staging`",
    ]


def test_a_target_that_is_not_text_has_no_hint_about_plugins() -> None:
    with pytest.raises(ConfigError) as caught:
        read(HEAD + "  prod: {target: 7}\n")
    assert caught.value.hint is None


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (("/srv/{model}", "/srv/{model}"), "environments `prod` and `staging`"),
        (("/srv/{model}", "/srv/a"), "environments `prod` and `staging`"),
        (("/srv/{model}", "/srv/{model}/{environment}"), "environments `prod` and `staging`"),
        (("/srv/{environment}/{model}", "/srv/{environment}/{model}"), None),
        (("/srv/{model}/one", "/srv/{model}/two"), None),
    ],
)
def test_two_environments_do_not_share_a_folder(paths: tuple[str, str], message: str | None) -> None:
    text = HEAD + "".join(
        f"  {name}: {{target: local, path: '{path}'}}\n"
        for name, path in zip(("prod", "staging"), paths, strict=True)
    )
    if message is None:
        assert len(read(text).deploy) == 2
        return
    with pytest.raises(ConfigError, match="would be deployed to one folder") as caught:
        read(text)
    assert message in caught.value.message


def test_it_is_cached_and_read_back_equal(tmp_path: Path) -> None:
    first = load((HEAD + WHOLE).encode(), name="mlgit.yaml", cache_dir=str(tmp_path))
    assert len(list((tmp_path / "config").iterdir())) == 1
    assert load((HEAD + WHOLE).encode(), name="mlgit.yaml", cache_dir=str(tmp_path)) == first


def test_the_schema_accepts_it() -> None:
    SCHEMA.validate(load_yaml(HEAD + WHOLE, name="mlgit.yaml"))


WORDS = st.sampled_from(
    ["target", "path", "keep", "command", "timeout", "local", "/srv/{model}", "{", "10m", "prod"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
)


@given(VALUES)
def test_any_value_of_deploy_is_a_config_or_a_config_error_with_a_place(tree: object) -> None:
    content = json.dumps({"version": 1, "environments": {"prod": None}, "deploy": {"prod": tree}})
    result = outcome(content.encode("utf-8", "surrogatepass"))
    if isinstance(result, Config):
        assert set(result.deploy) == {"prod"}
    else:
        assert result.location is not None
