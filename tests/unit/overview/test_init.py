"""Init: the composed file is valid, and the current metrics pass its gates."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.adapters.config.loader import load
from mlgit.core.config.file import Config, Model
from mlgit.core.overview.first_config import compose, one_line, quoted
from mlgit.core.overview.init import Found, FoundKind, Initialized, NewGate, SuggestedGate, suggest_gate
from mlgit.core.pipeline.metrics import find
from mlgit.render.console import plain
from mlgit.render.pages.init import page
from mlgit.yaml12 import load as load_yaml
from tests.support.verdicts import metric_file

AUC = SuggestedGate(id="auc-vs-base", metric="auc", direction="up", value=Decimal("0.93"))
MAE = SuggestedGate(id="mae-vs-base", metric="mae", direction="down", value=Decimal("12.5"))
LINE = Model(name="line", path="models/line.json", description="A straight line")
# Printable text as in dvc.yaml and metric files, without special characters of terminals and YAML 1.1.
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=30)
KEYS = st.lists(st.sampled_from(["auc", "loss", "test", "train", "f1", "rows"]), min_size=1, max_size=3)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=1000)


def read(text: str) -> Config:
    return load(text.encode(), name="mlgit.yaml", cache_dir=None)


def uncommented(text: str) -> str:
    """The file with its commented entries enabled."""
    return re.sub(r"(?m)^  # (\S+: \{)", r"  \1", text)


@pytest.mark.parametrize(
    ("values", "metric"),
    [
        ({"auc": "0.9"}, "auc"),
        ({"loss": "0.3", "accuracy": "0.9"}, "accuracy"),  # the metric that people look at first
        ({"accuracy": "0.9", "auc": "0.9", "f1": "0.9"}, "auc"),
        (
            {"loss": "0.3", "recall": "0.9"},
            "recall",
        ),  # a rising metric before a falling one
        ({"loss": "0.3"}, "loss"),
        ({"test__AUC": "0.9", "rows": "8"}, "AUC"),
    ],
)
def test_the_most_important_metric_is_chosen(values: dict[str, str], metric: str) -> None:
    gate = suggest_gate([metric_file(**values)])
    assert gate is not None
    assert gate.metric == metric


@pytest.mark.parametrize(
    "values",
    [{}, {"rows": "8"}, {"auc": "high"}, {"auc": "NaN"}, {"auc": "Infinity"}, {"auc": "0"}, {"auc": "0.0"}],
)
def test_a_metric_without_a_usable_number_gives_no_gate(values: dict[str, str]) -> None:
    assert suggest_gate([metric_file(**values)]) is None


def test_without_metric_files_there_is_no_gate() -> None:
    assert suggest_gate([]) is None


def test_a_gate_has_its_direction_value_and_model() -> None:
    files = [metric_file(path="a.json"), metric_file(path="b.json", test__mae="12.5")]
    assert suggest_gate(files) == MAE
    owned = suggest_gate(files, model="Dir/x:tumor")
    assert owned is not None
    assert (owned.id, owned.model) == ("mae-dir-x-tumor-vs-base", "Dir/x:tumor")


def test_an_ambiguous_name_gets_its_parents_and_then_its_file() -> None:
    parents = suggest_gate([metric_file(test__auc="0.9", train__auc="0.99")])
    assert parents is not None
    assert parents.metric == "test.auc"
    twice = [metric_file(path="a.json", auc="0.9"), metric_file(path="b.json", auc="0.8")]
    file = suggest_gate(twice)
    assert file is not None
    assert file.metric == "a.json:auc"


@given(st.lists(st.dictionaries(KEYS.map(".".join), NUMBERS.map(str), max_size=4), max_size=3))
def test_a_suggested_name_matches_only_its_metric(found: list[dict[str, str]]) -> None:
    files = [metric_file(path=f"{number}.json", **values) for number, values in enumerate(found)]
    gate = suggest_gate(files)
    if gate is not None:
        (place,) = find(gate.metric, files)
        assert place.value == gate.value


def test_an_empty_repository_gets_a_file_of_examples() -> None:
    text = compose([], [], [])
    assert read(text) == Config()
    assert text.startswith("# yaml-language-server: $schema=https://")
    assert text.endswith("staging}\n")


def test_the_examples_are_valid_entries() -> None:
    config = read(uncommented(compose([], [], [])))
    assert set(config.models) == {"my-model"}
    assert set(config.gates) == {"auc-floor", "auc-vs-base"}
    assert config.environments["prod"].source == "staging"


def test_models_gates_and_environments_are_declared() -> None:
    config = read(compose([LINE], [AUC, MAE], ["staging", "on", "1"]))
    assert config.models == {"line": LINE}
    assert [(each.metric, each.vs) for each in config.gates.values()] == [("auc", "base"), ("mae", "base")]
    assert list(config.environments) == ["staging", "on", "1"]


def test_models_without_path_or_description_are_declared() -> None:
    here, bare = Model(name="here"), Model(name="d/x:bare", path="bare.onnx")
    assert read(compose([here, bare], [], [])).models == {"here": here, "d/x:bare": bare}


def test_a_model_that_only_has_tags_is_a_comment() -> None:
    text = compose([], [], [], pathless=iter(["ghost"]))
    assert "  # ghost: " in text
    assert "my-model" not in text
    assert read(text).models == {}


def test_gates_that_would_block_are_comments() -> None:
    text = compose([LINE], [AUC], [], inactive={AUC.id: "would block now: auc fell"})
    assert read(text).gates == {}
    assert "}  # would block now: auc fell\n" in text
    assert set(read(uncommented(text)).gates) == {"auc-vs-base", "auc-floor"}


@pytest.mark.parametrize(
    ("direction", "value", "kind", "limit"),
    [
        ("up", "0.93", "max_drop", "0.01"),
        ("up", "1", "max_drop", "0.01"),
        ("up", "31.5", "max_drop", "2%"),
        ("up", "-0.5", "max_drop", "2%"),
        ("down", "0.2", "max_rise", "2%"),
    ],
)
def test_a_share_may_drop_by_a_point_and_other_metrics_by_percent(
    direction: str, value: str, kind: str, limit: str
) -> None:
    gate = SuggestedGate(
        id="g",
        metric="x",
        direction="up" if direction == "up" else "down",
        value=Decimal(value),
        model="line",
    )
    (read_back,) = read(compose([LINE], [gate], [])).gates.values()
    assert {name: str(each) for name, each in read_back.change.items()} == {kind: limit}
    assert read_back.models == ("line",)


@given(value=NUMBERS.filter(bool), up=st.booleans())
def test_the_current_value_passes_the_bound_with_a_small_margin(value: Decimal, *, up: bool) -> None:
    gate = SuggestedGate(id="x-vs-base", metric="x", direction="up" if up else "down", value=value)
    bound = read(uncommented(compose([LINE], [gate], ["prod"]).partition("# Where")[0])).gates[
        "x-floor" if up else "x-ceiling"
    ]
    limit = bound.minimum if up else bound.maximum
    assert limit is not None
    assert 0 < (value - limit if up else limit - value) <= abs(value) * Decimal("0.2")


@pytest.mark.parametrize("word", ["true", "No", "ON", "null", "y"])
def test_words_that_yaml_1_1_interprets_are_quoted(word: str) -> None:
    assert quoted(word) == f'"{word}"'


@pytest.mark.parametrize("text", ["auc", "models/line.json", "A straight line (v2)", "a-b_c.d"])
def test_plain_text_stays_plain(text: str) -> None:
    assert quoted(text) == text


@given(TEXTS)
def test_a_text_reads_back_as_it_was(text: str) -> None:
    assert load_yaml(f"key: {quoted(text)}\n", name="x") == {"key": text}


@pytest.mark.parametrize("text", ["top, 5.auc", "a b, c"])
def test_a_text_reads_back_inside_braces(text: str) -> None:
    assert load_yaml(f"{{key: {quoted(f'map {text}')}, other: 1}}\n", name="x") == {
        "key": f"map {text}",
        "other": 1,
    }


@pytest.mark.parametrize("text", ["a\x7fb", "a\x90b"])
def test_a_character_that_yaml_does_not_allow_is_escaped(text: str) -> None:
    assert load_yaml(f"key: {quoted(text)}\n".encode(), name="x") == {"key": text}


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("", ""),
        (" \n ", ""),
        ("one", "one"),
        ("\n one \ntwo", "one"),
        ("x" * 120, "x" * 120),
        ("x" * 121, "x" * 119 + "…"),
    ],
)
def test_a_description_is_shortened_to_its_first_line(description: str, expected: str) -> None:
    assert one_line(description) == expected


def test_a_description_is_written_as_one_line() -> None:
    model = Model(name="m", path="m.bin", description='Says "no": # often\nand more')
    assert read(compose([model], [], [])).models["m"].description == 'Says "no": # often'


def test_tags_of_other_tools_count_only_where_they_are_found() -> None:
    assert read(compose([LINE], [], [])).foreign_tags is None
    assert read(compose([LINE], [], [], foreign_tags=True)).foreign_tags == "allow"


@pytest.mark.parametrize(
    ("found", "gates", "step"),
    [
        ((), (), "look at mlgit.yaml, and run `mlgit init` again after the first metrics"),
        (
            ("metrics",),
            (),
            "write `gates:` in mlgit.yaml for the metrics that are there, then run `mlgit check`",
        ),
        (
            ("dvclive",),
            (),
            "write `gates:` in mlgit.yaml for the metrics that are there, then run `mlgit check`",
        ),
        (("metrics",), (NewGate(id="auc", active=True),), "mlgit check"),
    ],
)
def test_the_next_step_of_init_is_one_that_is_left(
    found: tuple[FoundKind, ...], gates: tuple[NewGate, ...], step: str
) -> None:
    done = Initialized(
        path="mlgit.yaml",
        written=True,
        replaced=False,
        dry_run=False,
        content="",
        gates=gates,
        found=tuple(Found(kind=kind, name="m.json", where="here") for kind in found),
    )
    assert plain(page(done), width=120).splitlines()[-1] == f"next: {step}"


@pytest.mark.parametrize(
    ("number", "verbose", "shown"),
    [
        (0, False, ["Wrote mlgit.yaml: 0 models, 0 gates"]),
        (1, False, ["Wrote mlgit.yaml: 0 models, 1 gate (g0, passes now)"]),
        (2, False, ["Wrote mlgit.yaml: 0 models, 2 gates", "  g0  passes now", "  g1"]),
        (
            5,
            False,
            ["Wrote mlgit.yaml: 0 models, 5 gates", "  g0  passes now", "  g1", "  g2", "  and 2 more (-v)"],
        ),
        (
            5,
            True,
            ["Wrote mlgit.yaml: 0 models, 5 gates", "  g0  passes now", *(f"  g{at}" for at in range(1, 5))],
        ),
    ],
)
def test_several_gates_have_a_line_each(number: int, verbose: bool, shown: list[str]) -> None:  # noqa: FBT001 (a table)
    gates = [NewGate(id=f"g{at}", active=True, outcome=None if at else "pass") for at in range(number)]
    done = Initialized(
        path="mlgit.yaml",
        written=True,
        replaced=False,
        dry_run=False,
        content="",
        gates=(*gates, NewGate(id="comment", active=False)),
    )
    lines = plain(page(done, verbose=verbose), width=120).splitlines()
    assert [each.rstrip() for each in lines[1:-1]] == shown
