"""Which changes of environments and settings let more through, and which models are renamed or gone."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.config.file import Config, Deploy, Environment, Model
from mlgit.core.gates.resolved.findings import note_of
from mlgit.core.gates.resolved.models import model_findings
from mlgit.core.gates.resolved.settings import addition_notes, compare_settings
from mlgit.core.pipeline.known_models import KnownModel, renamed_models
from tests.support.verdicts import TODAY, absolute, change

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GATES = {"drop": change("drop"), "floor": absolute("floor", low="0.9"), "more": change("more")}
PROD = Environment(name="prod", source="staging", gates=("drop", "more"))


def config(prod: Environment | None = PROD, **more: Any) -> Config:  # noqa: ANN401 (fields of Config)
    environments = {} if prod is None else {"prod": prod}
    facts: dict[str, Any] = {"gates": GATES, "environments": environments}
    return Config(**(facts | more))


def having(key: str, value: str | None) -> Config:
    setting: dict[str, Any] = {key: value}
    return config(**setting)


def texts(old: Config, new: Config) -> list[str]:
    found = list(compare_settings(old, new))
    assert {each.code for each in found} <= {"gates_loosened", "policy_changed"}
    notes = [note_of(each, (), None, day=TODAY) for each in found]
    assert [note.message for note in notes] == [each.text for each in found]
    assert {note.gate for note in notes} <= {None, *GATES}
    return [each.text for each in found]


@pytest.mark.parametrize(
    ("prod", "expected"),
    [
        (PROD, []),
        (None, ["Environment `prod` was removed; `drop`, `more` still compare with what it held last"]),
        (replace(PROD, gates=None), []),
        (replace(PROD, gates=("drop",)), ["`more` no longer decides promotions to `prod`"]),
        (replace(PROD, gates=()), ["`drop`, `more` no longer decide promotions to `prod`"]),
        (replace(PROD, source=None), ["Environment `prod` was `from: staging`; it now has no `from`"]),
        (replace(PROD, source="qa"), ["Environment `prod` was `from: staging`; it now has `from: qa`"]),
        (replace(PROD, pre=True), ["Environment `prod` now takes pre-releases"]),
        (replace(PROD, auto=True), ["Environment `prod` is now `auto`: CI promotes to it, without a person"]),
    ],
)
def test_an_environment_that_asks_less_is_a_finding(prod: Environment | None, expected: list[str]) -> None:
    assert texts(config(), config(prod)) == expected


STAGING = Environment(name="staging", auto=True)
RENAMED = "was renamed to `test`, which holds nothing of it"


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (
            {"test": STAGING, "prod": replace(PROD, source="test")},
            [RENAMED],
        ),
        ({"test": replace(STAGING, auto=False), "prod": replace(PROD, source="test")}, None),
        ({"test": STAGING, "prod": replace(PROD, source=None)}, None),
        ({"test": STAGING, "again": STAGING, "prod": replace(PROD, source="test")}, None),
    ],
)
def test_a_renamed_environment_is_one_finding(
    new: dict[str, Environment], expected: list[str] | None
) -> None:
    old = {"staging": STAGING, "prod": PROD}
    named = {name: replace(each, name=name) for name, each in new.items()}
    found = texts(config(environments=old), config(environments=named))
    assert found == [f"Environment `staging` {each}" for each in expected] if expected else len(found) >= 1


@pytest.mark.parametrize(
    ("staging", "now", "expected"),
    [
        ("qa", "qa", [f"Environment `staging` {RENAMED.replace('test', 'qa')}"]),
        ("qa", "other", ["prod", "staging"]),
        ("staging", "staging", []),
    ],
)
def test_what_follows_a_renamed_environment_follows_it_under_its_new_name(
    staging: str, now: str, expected: list[str]
) -> None:
    def declared(name: str, source: str) -> Config:
        follower = replace(PROD, source=source)
        return Config(gates=GATES, environments={name: Environment(name=name), "prod": follower})

    found = texts(declared("staging", "staging"), declared(staging, now))
    if now == "other":
        assert [text.split("`")[1] for text in found] == expected
    else:
        assert found == expected


def test_only_an_environment_that_a_person_promoted_to_is_newly_automatic() -> None:
    auto = replace(PROD, auto=True)
    (found,) = compare_settings(config(), config(auto))
    assert (found.code, found.subjects, found.kind) == ("policy_changed", ("prod",), "environment")
    assert (
        texts(config(auto), config(auto))
        == texts(config(auto), config())
        == texts(config(None), config(auto))
        == []
    )


def test_an_environment_that_is_like_another_one_that_stays_is_not_renamed() -> None:
    twins = {name: Environment(name=name) for name in ("a", "b")}
    assert texts(Config(environments={"a": twins["a"]}), Config(environments=twins)) == []
    assert texts(Config(environments=twins), Config(environments={"a": twins["a"]})) == [
        "Environment `b` was removed"
    ]
    strict = Environment(name="c", pre=True)
    assert texts(Config(environments={"a": twins["a"]}), Config(environments={"c": strict})) == [
        "Environment `a` was removed"
    ]


def test_two_equal_environments_are_not_renamed_to_one() -> None:
    old = {"staging": STAGING, "twin": replace(STAGING, name="twin")}
    found = texts(config(environments=old), config(environments={"test": replace(STAGING, name="test")}))
    assert found == [
        "Environment `staging` was renamed to `test`, which holds nothing of it",
        "Environment `twin` was removed",
    ]


def test_an_environment_that_asks_more_or_is_new_is_not_a_finding() -> None:
    assert texts(config(None), config()) == []
    loose = Environment(name="prod", pre=True, gates=())
    assert texts(config(loose), config()) == []
    assert texts(config(loose), config(loose)) == []


def test_a_removed_gate_is_not_reported_for_each_environment() -> None:
    assert texts(config(), config(replace(PROD, gates=("drop",)), gates={"drop": GATES["drop"]})) == []


ORDER: Mapping[str, tuple[tuple[str | None, ...], ...]] = {
    "numbers": (("committed",), (None,), ("pipeline",)),
    "on_loosened": (("warn", None), ("fail",)),
    "foreign_tags": (("allow",), ("refuse", None)),
    "comment": (("blocked",), ("changed",), ("always",)),
}
"""The values of each setting from the loosest; values in one group mean the same."""


@pytest.mark.parametrize("key", ORDER)
def test_a_looser_setting_is_a_finding(key: str) -> None:
    rank = {value: number for number, group in enumerate(ORDER[key]) for value in group}
    for old, new in product(rank, rank):
        found = texts(having(key, old), having(key, new))
        assert len(found) == (rank[new] < rank[old]), (key, old, new)
    last, first = ORDER[key][-1][0], ORDER[key][0][0]
    name = "`comment` of `ci:`" if key == "comment" else f"`{key}`"
    text = f"{name} was `{last}`; it is now `{first}`"
    assert texts(having(key, last), having(key, first)) == [text]


def deployed(**entries: str) -> Config:
    deploy = {
        name: Deploy(environment=name, target="local", keys={"path": path}) for name, path in entries.items()
    }
    return config(deploy=deploy)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({"prod": "/srv"}, []),
        ({"prod": "/srv", "qa": "/qa"}, []),
        ({}, ["`deploy:` of `prod` was removed"]),
        (
            {"prod": "/other"},
            ["`deploy:` of `prod` changed: it has another target, or reaches it in another way"],
        ),
        (
            {"staging": "/srv"},
            ["`deploy:` of `prod` was removed", "The target that served `prod` now serves `staging`"],
        ),
        ({"prod": "/srv", "qa": "/srv"}, ["The target that served `prod` now serves `qa`"]),
    ],
)
def test_another_target_of_an_environment_is_a_finding(new: dict[str, str], expected: list[str]) -> None:
    assert texts(deployed(prod="/srv"), deployed(**new)) == expected


def commanded(environments: Iterable[Environment] = (), **entries: str) -> Config:
    deploy = {
        name: Deploy(
            environment=name, target="command", keys={"command": text.split(), "timeout": f"{len(text)}s"}
        )
        for name, text in entries.items()
    }
    named = {each.name: each for each in (PROD, *environments)}
    return Config(gates=GATES, models={"m": Model(name="m")}, environments=named, deploy=deploy)


SERVED = "./serve prod {model}"


@pytest.mark.parametrize(
    ("command", "same"),
    [
        (SERVED, True),
        ("./serve prod m", True),
        ("serve prod m", True),
        ("bin/../serve prod m", True),
        ("./serve prod other", False),
        ("./serve {environment} m", False),
        ("./other prod m", False),
        ("./serve prod m now", False),
    ],
)
def test_a_command_that_reaches_the_target_of_another_environment_is_a_finding(
    command: str, *, same: bool
) -> None:
    old = commanded(prod=SERVED)
    text = "The target that served `prod` now serves `canary`"
    assert texts(old, commanded(prod=SERVED, canary=command)) == [text] * same


def test_an_environment_in_a_command_is_filled_in() -> None:
    old = commanded(prod="./serve {environment}")
    assert texts(old, commanded(prod="./serve {environment}", qa="./serve {environment}")) == []
    assert len(texts(old, commanded(prod="./serve {environment}", qa="./serve prod"))) == 1


CANARY = Environment(name="canary", auto=True, gates=())
FREE = "`drop`, `more` do not decide promotions to it"
ALONE = f"Environment `canary` is new: CI promotes to it, without a person; {FREE}"
FOR_PROD = "and `./serve prod {model}` for `prod`"


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (commanded(prod=SERVED), None),
        (commanded([Environment(name="qa")], prod=SERVED), None),
        (
            commanded([CANARY], prod=SERVED),
            ALONE,
        ),
        (
            commanded([replace(CANARY, gates=None)], prod=SERVED),
            "Environment `canary` is new: CI promotes to it, without a person",
        ),
        (
            commanded([CANARY], prod=SERVED, canary="./serve canary"),
            f"{ALONE}; `mlgit deploy` runs `./serve canary` for it, {FOR_PROD}",
        ),
        (
            commanded([Environment(name="qa")], prod=SERVED, qa="./try 'it `now'"),
            "Environment `qa` is new: `mlgit deploy` runs `./try 'it 'now'` for it",
        ),
        (
            commanded([Environment(name="qa", gates=())], prod=SERVED, qa="./try"),
            f"Environment `qa` is new: {FREE}; `mlgit deploy` runs `./try` for it",
        ),
        (
            commanded([replace(CANARY, gates=("drop",))], prod=SERVED),
            ALONE.replace("`drop`, `more` do", "`more` does"),
        ),
    ],
)
def test_a_new_environment_that_does_something_is_named(new: Config, expected: str | None) -> None:
    found = list(addition_notes(commanded(prod=SERVED), new))
    assert [each.message for each in found] == ([] if expected is None else [expected])
    assert {(each.code, each.effect) for each in found} <= {("environment_added", "note")}


def test_a_new_target_of_an_environment_is_named() -> None:
    (found,) = addition_notes(deployed(), deployed(prod="/srv/{model}"))
    assert found.message == "`deploy:` of `prod` is new: `mlgit deploy` writes to `/srv/{model}`"
    other = Deploy(environment="prod", target="mine", keys={"bucket": "b"})
    (found,) = addition_notes(deployed(), config(deploy={"prod": other}))
    assert found.message == "`deploy:` of `prod` is new: `mlgit deploy` uses the target `mine`"


@pytest.mark.parametrize(
    ("old", "new", "now"),
    [
        ({}, {"auc": "up"}, None),
        ({}, {"auc": "down"}, "`down`"),
        ({}, {"mine": "down"}, None),
        ({"mine": "up"}, {"mine": "down"}, "`down`"),
        ({"mine": "up"}, {}, "not known"),
        ({"auc": "up"}, {}, None),
    ],
)
def test_a_direction_that_turns_is_a_finding(
    old: dict[str, str], new: dict[str, str], now: str | None
) -> None:
    found = texts(config(directions=old), config(directions=new))
    name = next(iter({**old, **new}))
    assert found == ([] if now is None else [f"The better direction of `{name}` was `up`; it is now {now}"])


def model(name: str, path: str | None = None, digest: str | None = None) -> KnownModel:
    return KnownModel(name=name, path=path, digest=lambda: digest)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([model("a", "x")], [model("a", "y")], {}),
        ([model("a", "x")], [model("b", "x")], {"b": "a"}),
        ([model("a", "x", "1")], [model("b", "y", "1")], {"b": "a"}),
        ([model("a", "x", "1")], [model("b", "y", "2")], {}),
        ([model("a")], [model("b")], {}),
        ([model("a", "x")], [model("a", "y"), model("b", "x")], {}),
        ([model("a", "x", "1"), model("b", "y", "2")], [model("c", "y", "1")], {"c": "b"}),
        ([model("a", "x", "1")], [model("b", "y", "1"), model("c", "x", "2")], {"c": "a"}),
        ([model("a", "x"), model("b", "y")], [model("c", "x"), model("d", "y")], {"c": "a", "d": "b"}),
        ([KnownModel(name="a", path="x")], [KnownModel(name="b")], {}),
        (
            [model("a", "x", "1"), model("b", "y", "1")],
            [model("c", "z", "1"), model("d", "w", "1")],
            {"c": "a", "d": "b"},
        ),
    ],
)
def test_a_model_with_the_same_file_or_content_is_renamed(
    old: list[KnownModel], new: list[KnownModel], expected: dict[str, str]
) -> None:
    assert renamed_models(old, new) == expected


def test_a_model_that_is_gone_or_renamed_is_a_finding_that_says_what_it_holds() -> None:
    held = {"a": {"prod": "a@v1.0.0", "staging": "a@v1.1.0"}}
    old, new = [model("a", "x"), model("b", "y")], [model("c", "x")]
    first, second = model_findings(old, new, lambda name: held.get(name, {}))
    assert first.text == ("Model `a` was renamed to `c`; `prod` holds a@v1.0.0, `staging` holds a@v1.1.0")
    assert (first.code, first.subjects, first.model) == ("gates_loosened", ("a",), "c")
    assert (second.text, second.model) == ("Model `b` was removed", None)
    assert list(model_findings(old, old, lambda _: {})) == []
    notes = [note_of(each, (), None, day=TODAY) for each in (first, second)]
    assert [(note.message, note.gate) for note in notes] == [(first.text, None), (second.text, None)]


def command(environment: str, *words: str) -> Deploy:
    return Deploy(environment=environment, target="command", keys={"command": words})
