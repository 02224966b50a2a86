"""Problems: every mistake in mlgit.yaml is reported once, with its place, and also refused by the schema."""

from __future__ import annotations

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from mlgit.errors import ConfigError, Exit
from mlgit.resources import schema_text
from mlgit.yaml12 import load as load_yaml
from tests.support.config_file import WHOLE, refused

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
    ("version: 1\nmodels: {m: {path: ../x}}\n", "`../x` goes up with `..`", 2, 20, "from the root"),
    ("version: 1\nmodels: {m: {path: a/../../x}}\n", "goes up with `..`", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: a/..}}\n", "goes up with `..`", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: '..\\x'}}\n", "goes up with `..`", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: 'C:\\x'}}\n", "is absolute", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: ~/x}}\n", "is absolute", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: s3://b/x}}\n", "is absolute", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: .}}\n", "the whole repository", 2, 20, ""),
    ("version: 1\nmodels: {m: {path: ''}}\n", "`path` is empty", 2, 20, ""),
    ('version: 1\nmodels: {m: {path: "a\\0b"}}\n', "control character", 2, 20, ""),
    ('version: 1\nmodels: {m: {path: "ab\\n"}}\n', "control character", 2, 20, ""),
    ("version: 1\nmodels: {m: {metrics: [../*.json]}}\n", "goes up with `..`", 2, 24, ""),
    ("version: 1\nmodels: {m: {metrics: a.json}}\n", "`metrics` is `a.json`", 2, 23, "write `[a.json]`"),
    ("version: 1\nmodels: {m: {metrics: []}}\n", "list `metrics` is empty", 2, 23, ""),
    ("version: 1\nmodels: {m: {metrics: [a, a]}}\n", "an entry twice", 2, 23, ""),
    ("version: 1\nmodels: {m: {path: x}, n: {path: ./x}}\n", "have the same path", 2, 34, ""),
    ("version: 1\nmodels: {../m: {}}\n", "`../m` cannot be the name of a model", 2, 10, ""),
    ("version: 1\nmodels: {a/./b:m: {}}\n", "cannot be the name of a model", 2, 10, ""),
    ("version: 1\nmodels: {a/../b:m: {}}\n", "cannot be the name of a model", 2, 10, ""),
    ("version: 1\nmodels: {m@v1: {}}\n", "cannot be the name of a model", 2, 10, ""),
    ('version: 1\nmodels: {"m\\n": {}}\n', "control character", 2, 10, ""),
    ("version: 1\nmodels: {5: {}}\n", "The key `5` is not text", 2, 10, "quotes"),
    ("version: 1\ndirections: {a: more}\n", "`a` cannot be `more`", 2, 17, "`up` or `down`"),
    ("version: 1\nenvironments: {base: {}}\n", "`base` is reserved", 2, 16, "`latest`"),
    ("version: 1\nenvironments: {release: {}}\n", "`release` is reserved", 2, 16, ""),
    ("version: 1\nenvironments: {a b: {}}\n", "`a b` cannot be the name of an environment", 2, 16, ""),
    ("version: 1\nenvironments: {p: {auto: yes}}\n", "`auto` is `yes`", 2, 26, "`true` or `false`"),
    ("version: 1\nenvironments: {p: {from: q}}\n", "no environment `q`", 2, 26, "`p`"),
    ("version: 1\nenvironments: {p: {from: p}}\n", "`p` → `p`", 2, 26, ""),
    ("version: 1\nenvironments: {p: {from: q}, q: {from: p}}\n", "`p` → `q` → `p`", 2, 26, ""),
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
    (GATE + "{metric: a, min: 1, on_no_baseline: fail}\n", "does not need a baseline", 4, 26, ""),
    (GATE + "{metric: a, min: 2, max: 1}\n", "greater than `max`", 4, 23, ""),
    (GATE + "{metric: a, vs: base, min_rise: 2%, max_rise: 1%}\n", "greater than `max_rise`", 4, 38, ""),
    (GATE + "{metric: a, vs: base, min_rise: 1, min_drop: 1}\n", "both rise and fall", 4, 41, ""),
    (GATE + "{metric: a, min: .nan}\n", "`NaN` cannot be a limit", 4, 23, "a finite number"),
    (GATE + "{metric: a, max: -.inf}\n", "cannot be a limit", 4, 23, "a finite number"),
    (GATE + "{metric: a, max: 1e400}\n", "out of range", 4, 23, ""),
    (GATE + '{metric: a, min: "5"}\n', "`min` is the text `5`", 4, 23, "write `min: 5`, without quotes"),
    (GATE + "{metric: a, min: 5%}\n", "`5%` is not a number", 4, 23, "write `min: 0.05`, or `min: 5` if"),
    (GATE + "{metric: a, min: true}\n", "`min` is `true`", 4, 23, "a number"),
    (GATE + "{metric: a, min: }\n", "`min` is nothing", 4, 18, "a number"),
    (
        GATE + "{metric: a, vs: base, max_drop: 2 %}\n",
        "`2 %` cannot be the limit",
        4,
        38,
        "write `max_drop: 2%`",
    ),
    (GATE + "{metric: a, vs: base, max_drop: -2%}\n", "`-2%` cannot be the limit", 4, 38, "`2%`"),
    (GATE + "{metric: a, vs: base, max_drop: -2}\n", "cannot be negative", 4, 38, "`min_rise: 2`"),
    (GATE + "{metric: a, vs: base, max_drop: two}\n", "`two` cannot be the limit", 4, 38, "`0.005`"),
    (GATE + "{metric: a, vs: {}, max_drop: 1}\n", "`vs` has no `file`", 4, 18, ""),
    (GATE + "{metric: a, vs: {file: ../x}, max_drop: 1}\n", "goes up with `..`", 4, 29, ""),
    (GATE + "{metric: a, vs: latest, max_drop: 1}\n", "`latest` is not a baseline", 4, 22, "`vs: release`"),
    (GATE + "{metric: a, vs: --all, max_drop: 1}\n", "`--all` is not a baseline", 4, 22, "revision"),
    (GATE + "{metric: a, vs: a..b, max_drop: 1}\n", "`a..b` is not a baseline", 4, 22, "revision"),
    (GATE + "{metric: a, vs: 1234567, max_drop: 1}\n", "`vs` is `1234567`", 4, 22, 'quotes: `"1234567"`'),
    (GATE + "{metric: a, min: 1, model: x}\n", "no model `x`", 4, 33, "`m` or `n`"),
    (GATE + "{metric: a, min: 1, models: [m, nn]}\n", "no model `nn`", 4, 38, "did you mean `n`?"),
    (GATE + "{metric: a, min: 1, model: m, models: [n]}\n", "both `model` and `models`", 4, 26, ""),
    (GATE + "{metric: a, min: 1, severity: warning}\n", "cannot be `warning`", 4, 36, "did you mean `warn`?"),
    (MODEL + "gates: {a/b: {metric: a, min: 1}}\n", "cannot be the id of a gate", 3, 9, ""),
    (MODEL + "gates: {a: {metric: [a], min: 1}}\n", "`metric` is a list", 3, 21, "text"),
    # YAML that is invalid or not allowed
    ("version: 1\nversion: 1\n", "appears twice", 2, 1, "each key once"),
    ("version: 1\nmodels: &a {}\n", "Anchors", 2, 9, ""),
    ("version: 1\nmodels: *a\n", "Aliases", 2, 9, ""),
    ("version: 1\nmodels: {<<: {}}\n", "Merge keys", 2, 10, ""),
    ("version: !!int 1\n", "The tag", 1, 10, ""),
    ("version: 1\ngates: {g: {metric: a", "the `{` is not closed", 2, 12, "a}`"),
    ("version: 1\ngates: {g: {metric: a  \n\n\n", "the `{` is not closed", 2, 12, "a}`"),
    ("version: 1\n\tmodels: {}\n", "a tab cannot indent a line", 2, 1, "`  models: {}`"),
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

SECTIONS = MODEL + "gates:\n  g:\n    metric: r2\n"
# What people write by habit: text, message, line, column, width, the valid YAML that the hint proposes.
HABITS: list[tuple[str, str, int, int, int, str]] = [
    (GATE + "{metric: a, min: 0,3}\n", "`0,3` is not a number", 4, 23, 3, "min: 0.3"),
    (GATE + "{min: 0,3, metric: a}\n", "`0,3` is not a number", 4, 12, 3, "min: 0.3"),
    (GATE + "{metric: a, max: 1,000,000}\n", "`1,000,000` is not a number", 4, 23, 9, "max: 1000000"),
    (GATE + "{metric: a, vs: base, max_drop: 2,5%}\n", "`2,5%` is not a number", 4, 38, 4, "max_drop: 2.5%"),
    (SECTIONS + "    min: 0,3\n", "`0,3` is not a number", 6, 10, 3, "min: 0.3"),
    (SECTIONS + "    min: 0.3,\n", "`0.3,` is not a number", 6, 10, 4, "min: 0.3"),
    (SECTIONS + "    max: 1.000,5\n", "`1.000,5` is not a number", 6, 10, 7, "max: 1000.5"),
    (SECTIONS + "    max: 1 000\n", "`1 000` is not a number", 6, 10, 5, "max: 1000"),
    (SECTIONS + "    max: 1,234\n", "`1,234` is not a number", 6, 10, 5, "max: 1234"),
    (SECTIONS + "    min: 95 %\n", "`95 %` is not a number", 6, 10, 4, "min: 0.95"),
    (SECTIONS + "    vs: base\n    max_drop: 2,5 %\n", "`2,5 %` cannot be", 7, 15, 5, "max_drop: 2.5%"),
    (SECTIONS + '    min: "> 0.3"\n', "`> 0.3` is not a number", 6, 10, 7, "min: 0.3"),
    (SECTIONS + "    min: > 0.3\n", "not valid YAML: `> 0.3` is not a value", 6, 10, 5, "min: 0.3"),
    (SECTIONS + "    min: >=0.3\n", "not valid YAML: `>=0.3` is not a value", 6, 10, 5, "min: 0.3"),
    (SECTIONS + "    >=: 0.3\n", "not valid YAML: `>=` is not a key", 6, 5, 2, "min: 0.3"),
    (SECTIONS + "    '>=': 0.3\n", "There is no key `>=` in `g`", 6, 5, 4, "min: 0.3"),
    (SECTIONS + "    lt: 0.3\n", "There is no key `lt` in `g`", 6, 5, 2, "max: 0.3"),
    (SECTIONS + "    threshold: 0.3\n", "There is no key `threshold` in `g`", 6, 5, 9, "min: 0.3"),
    (GATE + "{metric: r2 > 0.3}\n", "`r2 > 0.3` is not a metric", 4, 15, 8, "g: {metric: r2, min: 0.3}"),
    (GATE + "{metric: 5% >= r2}\n", "is not a metric", 4, 15, 8, "g: {metric: r2, max: 0.05}"),
    (GATE + "r2 > 0.3\n", "`g` is `r2 > 0.3`", 4, 6, 8, "g: {metric: r2, min: 0.3}"),
    (MODEL + "gates:\n- r2 > 0.3\n", "`gates` is a list", 4, 1, 1, "r2-floor: {metric: r2, min: 0.3}"),
    (
        MODEL + "gates:\n- {name: g, metric: r2, min: 0.3}\n",
        "`gates` is a list",
        4,
        1,
        1,
        "g: {metric: r2, min: 0.3}",
    ),
    (MODEL + "gates:\n  r2 > 0.3: {}\n", "cannot be the id", 4, 3, 8, "r2-floor: {metric: r2, min: 0.3}"),
    (SECTIONS + "\tmin: 0.3\n", "a tab cannot indent a line", 6, 1, 1, "  min: 0.3"),
    (SECTIONS + "    min:0.3\n    max: 3\n", "a space is missing", 6, 8, 1, "min: 0.3"),
    (GATE + "{metric:r2, min: 0.3}\n", "There is no key `metric:r2`", 4, 7, 9, "metric: r2"),
    (GATE + "{metric: r2, min: 0.3\n", "the `{` is not closed", 4, 6, 1, "g: {metric: r2, min: 0.3}"),
    (GATE + "{metric: r2, min:}\n", "`min` has no value", 4, 19, 4, ""),
    (GATE + "{metric: r2, min: 0.3; max: 3}\n", "`;` does not separate keys", 4, 27, 1, ""),
    (GATE + "{metric: *.r2, min: 0.3}\n", "a value cannot begin with `*`", 4, 15, 4, '"*.r2"'),
    (GATE + "{metric: %r2, min: 0.3}\n", "a value cannot begin with `%`", 4, 15, 3, '"%r2"'),
    (SECTIONS + "   min: 0.3\n", "the indentation differs", 6, 4, 1, "    min: 0.3"),
    ("version: 1\nmodels: [m, n]\n", "`models` is a list", 2, 9, 1, "models: {m: {}, n: {}}"),
    ("version: 1\nmodels: {m: m.bin}\n", "`m` is `m.bin`", 2, 13, 5, "m: {path: m.bin}"),
    ("version: 1\nenvironments: [prod]\n", "is a list", 2, 15, 1, "environments: {prod: {}}"),
    ("version: 1\nenvironments: {prod: {auto: yes}}\n", "`auto` is `yes`", 2, 29, 3, "true"),
    (
        "version: 1\nenvironments: {prod: }\ndeploy: {prod: /srv/m}\n",
        "`prod` is `/srv/m`",
        3,
        16,
        6,
        "prod: {target: local, path: /srv/m}",
    ),
]


@pytest.mark.parametrize(("text", "message", "line", "column", "width", "yaml_text"), HABITS)
def test_a_habit_of_another_language_is_an_error_with_valid_yaml_as_its_hint(
    text: str, message: str, line: int, column: int, width: int, yaml_text: str
) -> None:
    error = refused(text)
    assert message in error.message
    place = error.location
    assert place is not None
    assert (place.line, place.column, place.width) == (line, column, width)
    assert f"write `{yaml_text}`" in (error.hint or "") or not yaml_text
    if yaml_text:
        load_yaml(yaml_text, name="hint")


@pytest.mark.parametrize(("text", "message", "line", "column", "help_text"), REFUSED)
def test_a_mistake_is_reported_with_its_place(
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
def test_a_mistake_is_reported_once(text: str, message: str, line: int, column: int, help_text: str) -> None:
    del message, line, column, help_text
    messages = [problem.message for problem in refused(text).problems]
    assert len(messages) == len(set(messages))
    # A misspelled key is unknown, and the right key may be missing.
    assert len(messages) <= 2


@pytest.mark.parametrize(("text", "key"), LATER)
def test_a_key_of_a_later_version_is_refused_by_name(text: str, key: str) -> None:
    error = refused(text)
    assert [problem.message for problem in error.problems or (error,)] == [
        f"`{key}` is not available in this version"
    ]


def test_all_problems_are_reported_in_the_order_of_lines() -> None:
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
    assert refused(text).exit_code == Exit.CONFIG


def test_a_very_long_line_is_cut_in_the_snippet() -> None:
    error = refused("version: 1\ngates: {g: {metric: " + "m" * 5000 + ", min: 1}}\n")
    assert error.location is not None
    assert error.location.snippet is not None
    assert len(error.location.snippet) <= 200
    assert len(error.message) < 200


def test_a_mistake_far_to_the_right_has_a_column_but_no_snippet() -> None:
    error = refused("version: 1\nmodels: {m: {description: " + "d" * 400 + ", path: /x}}\n")
    assert error.location is not None
    assert error.location.column == 435
    assert error.location.snippet is None


SCHEMA = Draft202012Validator(json.loads(schema_text("mlgit")))
# Only the loader can check names that are elsewhere in the file, the order of numbers, and equal paths.
BEYOND_SCHEMA = (
    *("no model", "no gate", "no environment", "same path", "→", "greater than", "both rise", "limit`"),
    *("cannot be a limit", "out of range", "negative", "not a baseline", "whole repository", "control"),
    *("name of a model", "latest"),
)


@pytest.mark.parametrize("number", ["1e9999999999999999999", "0x" + "f" * 5000, "1" * 5000])
def test_a_number_beyond_all_numbers_is_refused_with_its_place(number: str) -> None:
    error = refused(GATE + f"{{metric: a, min: {number}}}\n")
    assert number[:50] in error.message
    assert error.location is not None
    assert error.location.line == 4


@pytest.mark.parametrize(
    ("text", "message"), [row[:2] for row in REFUSED] + [(text, "") for text, _ in LATER]
)
def test_the_schema_refuses_the_same_mistakes(text: str, message: str) -> None:
    if any(word in message for word in BEYOND_SCHEMA):
        return
    try:
        tree = load_yaml(text, name="mlgit.yaml")
    except ConfigError:
        return
    assert not SCHEMA.is_valid(tree)


def test_the_schema_accepts_a_whole_file() -> None:
    SCHEMA.validate(yaml.safe_load(WHOLE.replace("a/../ref", "ref").replace("5e-3", "0.005")))
