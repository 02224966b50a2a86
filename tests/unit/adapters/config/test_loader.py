"""mlgit.yaml: what is read, what is refused, and where the finger points."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mlgit.adapters.config.loader import load
from mlgit.adapters.memory import Memory
from mlgit.core.config.file import Config, Environment, FileBaseline, Gate, Limit, Model
from mlgit.errors import ConfigError
from mlgit.resources import schema_text
from mlgit.yaml12 import load as load_yaml

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
# yaml-language-server: $schema=x
version: 1
models:
  tumor: {path: ./models//tumor.skops, description: Benign or malignant, metrics: [metrics/*.json]}
  sub/dir:Old_Name:
directions: {profit_eur: up}
gates:
  auc-floor: {metric: auc, min: 0.950}
  auc-vs-prod: {metric: auc, vs: prod, max_drop: 5e-3, models: [tumor]}
  loss-vs-base: {metric: logloss, vs: base, max_rise: 2.5%, on_no_baseline: fail, when: promote}
  fast: {metric: latency.p95_ms, min: 0, max: 50, severity: warn, model: tumor}
  ref: {metric: auc, vs: {file: a/../ref.json}, max_drop: 0, max_rise: 1, on_inconclusive: allow}
environments:
  staging: {auto: true, pre: true}
  prod: {from: staging, gates: [auc-vs-prod]}
  old:
"""


def read(text: str) -> Config:
    return load(text.encode(), name="mlgit.yaml", cache_dir=None)


def refused(text: str | bytes) -> ConfigError:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(ConfigError) as caught:
        load(content, name="mlgit.yaml", cache_dir=None)
    return caught.value


def outcome(content: bytes) -> Config | ConfigError:
    try:
        return load(content, name="mlgit.yaml", cache_dir=None)
    except ConfigError as error:
        return error


def test_a_whole_file_becomes_values() -> None:
    assert read(WHOLE.replace("a/../ref", "ref")) == Config(
        models={
            "tumor": Model(
                name="tumor",
                path="models/tumor.skops",
                description="Benign or malignant",
                metrics=("metrics/*.json",),
            ),
            "sub/dir:Old_Name": Model(name="sub/dir:Old_Name"),
        },
        directions={"profit_eur": "up"},
        gates={
            "auc-floor": Gate(id="auc-floor", metric="auc", minimum=Decimal("0.950")),
            "auc-vs-prod": Gate(
                id="auc-vs-prod",
                metric="auc",
                vs="prod",
                change={"max_drop": Limit(amount=Decimal("0.005"))},
                models=("tumor",),
            ),
            "loss-vs-base": Gate(
                id="loss-vs-base",
                metric="logloss",
                vs="base",
                change={"max_rise": Limit(amount=Decimal("2.5"), relative=True)},
                on_no_baseline="fail",
                when="promote",
            ),
            "fast": Gate(
                id="fast",
                metric="latency.p95_ms",
                minimum=Decimal(0),
                maximum=Decimal(50),
                severity="warn",
                models=("tumor",),
            ),
            "ref": Gate(
                id="ref",
                metric="auc",
                vs=FileBaseline(path="ref.json"),
                change={"max_drop": Limit(amount=Decimal(0)), "max_rise": Limit(amount=Decimal(1))},
                on_inconclusive="allow",
            ),
        },
        environments={
            "staging": Environment(name="staging", auto=True, pre=True),
            "prod": Environment(name="prod", source="staging", gates=("auc-vs-prod",)),
            "old": Environment(name="old"),
        },
    )


def test_numbers_keep_the_digits_they_were_written_with() -> None:
    gates = read("version: 1\ngates:\n  a: {metric: m, min: 0.950, max: 1.10000000000000000001}\n").gates
    assert str(gates["a"].minimum) == "0.950"
    assert str(gates["a"].maximum) == "1.10000000000000000001"


def test_a_gate_knows_its_line() -> None:
    gates = read(
        "version: 1\ngates:\n\n  a: {metric: m, min: 1}\n  # b\n  c:\n    metric: m\n    max: 1\n"
    ).gates
    assert {name: gate.line for name, gate in gates.items()} == {"a": 4, "c": 6}


def test_no_file_is_zero_config() -> None:
    assert load(None, name="mlgit.yaml", cache_dir=None) == Config(declared=False)


@pytest.mark.parametrize(
    "text", ["", "\n", "# nothing yet\n", "---\n", "\ufeff", "version: 1", "version: 1.0"]
)
def test_an_empty_file_declares_nothing(text: str) -> None:
    assert read(text) == Config(declared=True)


def test_parts_that_hold_only_comments_are_empty() -> None:
    text = "version: 1\nmodels:\n  # m: {}\ngates:\nenvironments:\ndirections:\n"
    assert read(text) == Config()


MODEL = "version: 1\nmodels: {m: {path: m.bin}, n: {path: n.bin}}\n"
GATE = MODEL + "gates:\n  g: "
# text, part of the message, line, column, part of expected or hint
REFUSED: list[tuple[str, str, int, int, str]] = [
    ("version: 2\n", "`version` cannot be `2`", 1, 10, "`1`"),
    ('version: "1"\n', "`version` cannot be `1`", 1, 10, "`1`"),
    ("version: true\n", "`version` cannot be `true`", 1, 10, "`1`"),
    ("gates: {}\n", "has no `version`", 1, 1, "add `version: 1`"),
    ("- version: 1\n", "`mlgit.yaml` is a list", 1, 1, "a mapping"),
    ("hello\n", "`mlgit.yaml` is `hello`", 1, 1, "a mapping"),
    ("version: 1\nmodel: {}\n", "There is no key `model`", 2, 1, "did you mean `models`?"),
    ("version: 1\n5: {}\n", "There is no key `5`", 2, 1, "`models`"),
    ("version: 1\nmodels: [m]\n", "`models` is a list", 2, 9, "a mapping"),
    ("version: 1\nmodels: {m: x}\n", "`m` is `x`", 2, 13, "a mapping"),
    ("version: 1\nmodels: {m: {pth: x}}\n", "There is no key `pth` in `m`", 2, 14, "did you mean `path`?"),
    ("version: 1\nmodels: {m: {path: /x}}\n", "The path `/x` is absolute", 2, 20, "from the root"),
    ("version: 1\nmodels: {m: {path: ../x}}\n", "`../x` leaves the repository", 2, 20, "from the root"),
    ("version: 1\nmodels: {m: {path: a/../../x}}\n", "leaves the repository", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: a/..}}\n", "leaves the repository", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: '..\\x'}}\n", "leaves the repository", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: 'C:\\x'}}\n", "is absolute", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: ~/x}}\n", "is absolute", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: s3://b/x}}\n", "is absolute", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: .}}\n", "the whole repository", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: ''}}\n", "`path` is empty", 2, 20, ""),
    ('version: 1\nmodels: {m: {path: "a\\0b"}}\n', "control character", 2, 20, ""),
    ('version: 1\nmodels: {m: {path: "ab\\n"}}\n', "control character", 2, 20, ""),
    ("version: 1\nmodels: {m: {metrics: [../*.json]}}\n", "leaves the repository", 2, 24, ""),
    ("version: 1\nmodels: {m: {metrics: a.json}}\n", "`metrics` is `a.json`", 2, 23, "write `[a.json]`"),
    ("version: 1\nmodels: {m: {metrics: []}}\n", "list `metrics` is empty", 2, 23, ""),
    ("version: 1\nmodels: {m: {metrics: [a, a]}}\n", "an entry twice", 2, 23, ""),
    ("version: 1\nmodels: {m: {path: x}, n: {path: ./x}}\n", "have the same path", 2, 34, ""),
    ("version: 1\nmodels: {../m: {}}\n", "`../m` cannot be the name of a model", 2, 10, ""),
    ("version: 1\nmodels: {a/./b:m: {}}\n", "cannot be the name of a model", 2, 10, ""),
    ("version: 1\nmodels: {a/../b:m: {}}\n", "cannot be the name of a model", 2, 10, ""),
    ("version: 1\nmodels: {m@v1: {}}\n", "cannot be the name of a model", 2, 10, ""),
    ('version: 1\nmodels: {"m\\n": {}}\n', "control character", 2, 10, ""),
    ("version: 1\nmodels: {5: {}}\n", "The key `5` is no text", 2, 10, "quotes"),
    ("version: 1\ndirections: {a: more}\n", "`a` cannot be `more`", 2, 17, "`up` or `down`"),
    ("version: 1\nenvironments: {base: {}}\n", "`base` is reserved", 2, 16, "`latest`"),
    ("version: 1\nenvironments: {release: {}}\n", "`release` is reserved", 2, 16, ""),
    ("version: 1\nenvironments: {a b: {}}\n", "`a b` cannot be the name of an environment", 2, 16, ""),
    ("version: 1\nenvironments: {p: {auto: yes}}\n", "`auto` is `yes`", 2, 26, "`true` or `false`"),
    ("version: 1\nenvironments: {p: {from: q}}\n", "no environment `q`", 2, 26, "`p`"),
    ("version: 1\nenvironments: {p: {from: p}}\n", "`p` -> `p`", 2, 26, ""),
    ("version: 1\nenvironments: {p: {from: q}, q: {from: p}}\n", "`p` -> `q` -> `p`", 2, 26, ""),
    ("version: 1\nenvironments: {p: {gates: [g]}}\n", "no gate `g`", 2, 28, "declare it"),
    (GATE + "{min: 1}\n", "`g` has no `metric`", 4, 3, "add `metric: …`"),
    (GATE + "{metric: a}\n", "`g` has no limit", 4, 3, "`min`"),
    (GATE + "{metric: a, vs: base}\n", "`g` has no limit", 4, 3, "`max_drop`"),
    (GATE + "{metric: a, max_drop: 1}\n", "has `max_drop` and no `vs`", 4, 18, "add `vs: base`"),
    (GATE + "{metric: a, min: 1, vs: base}\n", "has `vs` and no limit of change", 4, 26, "`max_drop`"),
    (
        GATE + "{metric: a, min: 1, max_drop: 1, vs: base}\n",
        "has both `min` and `max_drop`",
        4,
        3,
        "two gates",
    ),
    (GATE + "{metric: a, min: 1, on_no_baseline: fail}\n", "needs no baseline", 4, 26, ""),
    (GATE + "{metric: a, min: 2, max: 1}\n", "greater than `max`", 4, 23, ""),
    (GATE + "{metric: a, vs: base, min_rise: 2%, max_rise: 1%}\n", "greater than `max_rise`", 4, 38, ""),
    (GATE + "{metric: a, vs: base, min_rise: 1, min_drop: 1}\n", "both rise and fall", 4, 41, ""),
    (GATE + "{metric: a, min: .nan}\n", "`NaN` cannot be a limit", 4, 23, "a finite number"),
    (GATE + "{metric: a, max: -.inf}\n", "cannot be a limit", 4, 23, "a finite number"),
    (GATE + "{metric: a, max: 1e400}\n", "out of range", 4, 23, ""),
    (GATE + '{metric: a, min: "5"}\n', "`min` is `5`", 4, 23, "without quotes"),
    (GATE + "{metric: a, min: 5%}\n", "`min` is `5%`", 4, 23, "a number"),
    (GATE + "{metric: a, min: true}\n", "`min` is `true`", 4, 23, "a number"),
    (GATE + "{metric: a, min: }\n", "`min` is nothing", 4, 18, "a number"),
    (GATE + "{metric: a, vs: base, max_drop: 2 %}\n", "`2 %` cannot be the limit", 4, 38, "`2%`"),
    (GATE + "{metric: a, vs: base, max_drop: -2%}\n", "`-2%` cannot be the limit", 4, 38, "`2%`"),
    (GATE + "{metric: a, vs: base, max_drop: -2}\n", "cannot be negative", 4, 38, "`min_rise: 2`"),
    (GATE + "{metric: a, vs: base, max_drop: two}\n", "`two` cannot be the limit", 4, 38, "`0.005`"),
    (GATE + "{metric: a, vs: {}, max_drop: 1}\n", "`vs` has no `file`", 4, 18, ""),
    (GATE + "{metric: a, vs: {file: ../x}, max_drop: 1}\n", "leaves the repository", 4, 29, ""),
    (GATE + "{metric: a, vs: latest, max_drop: 1}\n", "`latest` is no baseline", 4, 22, "`vs: release`"),
    (GATE + "{metric: a, vs: --all, max_drop: 1}\n", "`--all` is no baseline", 4, 22, "revision"),
    (GATE + "{metric: a, vs: a..b, max_drop: 1}\n", "`a..b` is no baseline", 4, 22, "revision"),
    (GATE + "{metric: a, vs: 1234567, max_drop: 1}\n", "`vs` is `1234567`", 4, 22, 'quotes: `"1234567"`'),
    (GATE + "{metric: a, min: 1, model: x}\n", "no model `x`", 4, 33, "`m` or `n`"),
    (GATE + "{metric: a, min: 1, models: [m, nn]}\n", "no model `nn`", 4, 38, "did you mean `n`?"),
    (GATE + "{metric: a, min: 1, model: m, models: [n]}\n", "both `model` and `models`", 4, 26, ""),
    (GATE + "{metric: a, min: 1, severity: warning}\n", "cannot be `warning`", 4, 36, "did you mean `warn`?"),
    (MODEL + "gates: {a/b: {metric: a, min: 1}}\n", "cannot be the id of a gate", 3, 9, ""),
    (MODEL + "gates: {a: {metric: [a], min: 1}}\n", "`metric` is a list", 3, 21, "text"),
    # what YAML itself does not give
    ("version: 1\nversion: 1\n", "stands twice", 2, 1, "each key once"),
    ("version: 1\nmodels: &a {}\n", "Anchors", 2, 9, ""),
    ("version: 1\nmodels: *a\n", "Aliases", 2, 9, ""),
    ("version: 1\nmodels: {<<: {}}\n", "Merge keys", 2, 10, ""),
    ("version: !!int 1\n", "The tag", 1, 10, ""),
    ("version: 1\ngates: {g: {metric: a", "not valid YAML", 2, 22, ""),
    ("version: 1\ngates: {g: {metric: a  \n\n\n", "not valid YAML", 2, 22, ""),
    ("version: 1\n\tmodels: {}\n", "not valid YAML", 2, 1, ""),
    ("version: 1\n---\nversion: 1\n", "second document", 2, 1, ""),
]
LATER: list[tuple[str, str]] = [
    *((f"version: 1\n{key}: {{}}\n", key) for key in ("data", "monitor", "retrain", "governance")),
    ("version: 1\nengine: duckdb\n", "engine"),
    ("version: 1\nmodels: {m: {predictions: {path: x}}}\n", "predictions"),
    *(
        (f"version: 1\nenvironments: {{p: {{{key}: {{}}}}}}\n", key)
        for key in ("approvals", "soak", "by", "signed", "rollback")
    ),
    *(
        (f"version: 1\ngates: {{g: {{metric: a, vs: base, {key}: x}}}}\n", key)
        for key in (
            *("claim", "margin", "confidence", "correction", "slice", "seeds", "group", "gap", "min_rows"),
            *("suite", "prove", "unit"),
        )
    ),
]


@pytest.mark.parametrize(("text", "message", "line", "column", "help_text"), REFUSED)
def test_what_is_wrong_is_told_with_its_place(
    text: str, message: str, line: int, column: int, help_text: str
) -> None:
    problems = refused(text).problems or (refused(text),)
    found = [problem for problem in problems if message in problem.message]
    assert found, [problem.message for problem in problems]
    place = found[0].location
    assert place is not None
    assert (place.path, place.line, place.column) == ("mlgit.yaml", line, column)
    if column > 1 and place.snippet is not None:
        assert place.snippet == text.splitlines()[line - 1]
    assert help_text in f"{found[0].expected} {found[0].hint}"
    assert not found[0].message.endswith(".")


@pytest.mark.parametrize(("text", "message", "line", "column", "help_text"), REFUSED)
def test_one_mistake_is_told_once(text: str, message: str, line: int, column: int, help_text: str) -> None:
    del message, line, column, help_text
    messages = [problem.message for problem in refused(text).problems]
    assert len(messages) == len(set(messages))
    # A misspelt key is unknown, and what was meant may be missing.
    assert len(messages) <= 2


@pytest.mark.parametrize(("text", "key"), LATER)
def test_a_key_of_a_later_version_is_refused_by_name(text: str, key: str) -> None:
    error = refused(text)
    assert [problem.message for problem in error.problems or (error,)] == [
        f"`{key}` is not available in this version"
    ]


def test_every_problem_is_collected_in_order_of_lines() -> None:
    error = refused(
        "version: 2\nmodel: {}\ngates:\n  a: {metric: m, min: x}\n  b: {metric: m}\n"
        "environments:\n  p: {from: q, auto: 1}\n"
    )
    assert [problem.location.line for problem in error.problems if problem.location] == [1, 2, 4, 5, 7, 7]
    assert error.problems[0] is error


def test_a_file_of_more_than_a_mebibyte_is_refused() -> None:
    assert "larger than 1 MiB" in refused("version: 1\n#" + "x" * (1 << 20)).message


def test_text_in_another_encoding_is_refused_with_its_line() -> None:
    error = refused(b"version: 1\n# caf\xe9\n")
    assert "not UTF-8" in error.message
    assert error.location is not None
    assert error.location.line == 2


@pytest.mark.parametrize(
    "text", ["[" * 5000, "{a: " * 3000, "- " * 5000, "version: 1\nmodels: " + "[" * 90 + "]" * 90]
)
def test_deep_nesting_is_refused(text: str) -> None:
    assert refused(text).exit_code == 3


def test_a_very_long_line_is_cut_in_the_frame() -> None:
    error = refused("version: 1\ngates: {g: {metric: " + "m" * 5000 + ", min: 1}}\n")
    assert error.location is not None
    assert error.location.snippet is not None
    assert len(error.location.snippet) <= 200
    assert len(error.message) < 200


def test_a_mistake_far_to_the_right_of_a_long_line_has_its_column_and_no_frame() -> None:
    error = refused("version: 1\nmodels: {m: {description: " + "d" * 400 + ", path: /x}}\n")
    assert error.location is not None
    assert error.location.column == 435
    assert error.location.snippet is None


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = st.sampled_from(
    [
        "version",
        "models",
        "gates",
        "environments",
        "directions",
        "metric",
        "min",
        "vs",
        "path",
        "from",
        "m",
        "base",
    ]
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | SCALARS, inner, max_size=4)
)


@settings(max_examples=60)
@given(st.dictionaries(WORDS, TREES, max_size=5))
def test_whatever_stands_in_the_file_is_a_config_or_a_config_error(tree: dict[str, Any]) -> None:
    content = yaml.safe_dump({"version": 1, **tree}, allow_unicode=True).encode("utf-8", "surrogatepass")
    result = outcome(content)
    assert isinstance(result, Config) or result.location is not None


@settings(max_examples=60)
@given(st.binary(max_size=40), st.integers(0, len(WHOLE)))
def test_damaged_bytes_never_crash(noise: bytes, place: int) -> None:
    whole = WHOLE.encode()
    for content in (whole[:place], whole[:place] + noise + whole[place:]):
        result = outcome(content)
        assert isinstance(result, Config) or result.location is not None


SCHEMA = Draft202012Validator(json.loads(schema_text("mlgit")))
# What only the loader can know: names that stand elsewhere, order of numbers, equal paths.
BEYOND_SCHEMA = (
    *("no model", "no gate", "no environment", "same path", "->", "greater than", "both rise", "limit`"),
    *("cannot be a limit", "out of range", "negative", "no baseline", "whole repository", "control"),
    *("name of a model", "latest"),
)


@pytest.mark.parametrize(
    ("text", "message"), [row[:2] for row in REFUSED] + [(text, "") for text, _ in LATER]
)
def test_an_editor_with_the_schema_refuses_it_too(text: str, message: str) -> None:
    if any(word in message for word in BEYOND_SCHEMA):
        return
    try:
        tree = load_yaml(text, name="mlgit.yaml")
    except ConfigError:
        return
    assert not SCHEMA.is_valid(tree)


def test_an_editor_with_the_schema_takes_a_whole_file() -> None:
    SCHEMA.validate(yaml.safe_load(WHOLE.replace("a/../ref", "ref").replace("5e-3", "0.005")))


def remembered(folder: Path) -> list[Path]:
    return sorted((folder / "config").iterdir())


def test_a_valid_file_is_remembered_and_read_back_equal(tmp_path: Path) -> None:
    content = WHOLE.replace("a/../ref", "ref").encode()
    first = load(content, name="mlgit.yaml", cache_dir=str(tmp_path))
    assert len(remembered(tmp_path)) == 1
    second = load(content, name="1a2b3c4:mlgit.yaml", cache_dir=str(tmp_path))
    assert second == first
    assert [gate.line for gate in second.gates.values()] == [gate.line for gate in first.gates.values()]


def test_the_warm_path_loads_neither_yaml_nor_jsonschema(tmp_path: Path) -> None:
    (tmp_path / "mlgit.yaml").write_text("version: 1\ngates: {g: {metric: a, min: 1}}\n", encoding="utf-8")
    code = (
        "import sys; from mlgit.adapters.config.loader import load\n"
        "content = open('mlgit.yaml', 'rb').read()\n"
        "print(load(content, name='mlgit.yaml', cache_dir='cache').gates['g'].minimum)\n"
        "print('yaml' in sys.modules, 'jsonschema' in sys.modules)\n"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert runs == [["1", "True", "True"], ["1", "False", "False"]]


def rewrite(slot: Path, text: str) -> None:
    Memory(str(slot.parent), slot.name, format_number=2).write(text.encode())


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"content": 1}', "\x00", "cut", "value", "gate"])
def test_a_damaged_memory_is_read_anew(tmp_path: Path, damage: str) -> None:
    content = WHOLE.replace("a/../ref", "ref").encode()
    expected = load(content, name="mlgit.yaml", cache_dir=str(tmp_path))
    (slot,) = remembered(tmp_path)
    text = slot.read_text(encoding="utf-8").partition("\n")[2]
    damaged = {
        "cut": text[: len(text) // 2],
        "value": text.replace('"value":{', '"value":[{')[:-1] + "]}",
        "gate": text.replace('"min":"0.950"', '"min":"much"'),
    }.get(damage, damage)
    assert damaged != text
    rewrite(slot, damaged)
    assert load(content, name="mlgit.yaml", cache_dir=str(tmp_path)) == expected


def test_another_content_with_the_same_checksum_is_not_taken_for_it(tmp_path: Path) -> None:
    content = b"version: 1\n"
    load(content, name="mlgit.yaml", cache_dir=str(tmp_path))
    (slot,) = remembered(tmp_path)
    tree = json.loads(slot.read_text(encoding="utf-8").partition("\n")[2])
    rewrite(slot, json.dumps(tree | {"content": "version: 1", "value": {"gates": {}}}))
    assert load(content, name="mlgit.yaml", cache_dir=str(tmp_path)) == Config()


def test_an_invalid_file_is_never_remembered(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ConfigError):
            load(b"version: 2\n", name="mlgit.yaml", cache_dir=str(tmp_path))
    assert not (tmp_path / "config").exists()


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert load(b"version: 1\n", name="mlgit.yaml", cache_dir=str(tmp_path / "file")) == Config()


def test_the_memory_stays_small(tmp_path: Path) -> None:
    for number in range(50):
        load(f"version: 1\n# {number}\n".encode(), name="mlgit.yaml", cache_dir=str(tmp_path))
    assert len(remembered(tmp_path)) <= 32
