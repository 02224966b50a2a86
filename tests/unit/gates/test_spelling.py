"""A value that DVC and a script may read differently is named when it comes to a measuring stage's file."""

from __future__ import annotations

import pytest
import yaml

from mlgit.core.gates.measured.runs.last_runs import LastRuns, Made
from mlgit.core.gates.measured.spelling import spelling_notes
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.pipeline.inputs import Places
from mlgit.core.pipeline.origin import link_of, origin_of
from mlgit.core.pipeline.stages import Output, Pipeline, Stage
from mlgit.yaml12 import load, load_both


def stage(name: str, deps: tuple[str, ...], out: str, file: str) -> Stage:
    return Stage(
        address=name,
        name=name,
        file="dvc.yaml",
        wdir=".",
        cmd=(name,),
        deps=deps,
        params={file: ("x",)},
        outs=(Output(path=out, owner=name),),
    )


PIPELINE = Pipeline(
    stages=(
        stage("train", ("raw",), "model", "train.yaml"),
        stage("evaluate", ("model",), "m.json", "test.yaml"),
    )
)


def messages(
    old: str, new: str, file: str = "test.yaml", *, parsed: bool = False, made: str | None = None
) -> list[str]:
    """The notes; `made` is what the file had where the target ran."""
    pipeline = PIPELINE
    if file not in {"test.yaml", "train.yaml"}:
        pipeline = Pipeline(stages=(PIPELINE.stages[0], stage("evaluate", ("model",), "m.json", file)))
    origin = origin_of("m.json", pipeline)
    source = Source(file="m.json", key="mae", origin=origin, link=link_of("model", origin, pipeline))
    gates = [ResolvedGate(gate="g", model="m", metric="mae", path="model", source=source)]

    def side(text: str) -> Places:
        return Places(read=lambda paths: {path: text.encode() for path in paths if path == file})

    before, after = side(old), side(new)
    at = (
        None
        if made is None
        else Made(label="1a2b3c4", places=side(made), changed=frozenset, pipeline=pipeline)
    )
    found = spelling_notes(
        gates,
        gates,
        pipeline,
        places=(before, after),
        both=load_both if parsed else lambda _: None,
        runs=LastRuns(made=lambda _: at),
    )
    assert {(each.code, each.effect) for each in found} <= {("params_changed", "note")}
    return [each.message for each in found]


@pytest.mark.parametrize(
    "value", ["010", "0o12", "1:30", "yes", "off", "Off", "[010]", "{a: 010}", "010  # ten"]
)
def test_a_value_with_two_meanings_is_named(value: str) -> None:
    text = f"eval:\n  limit: {value}\n"
    end = "which DVC and scripts that use YAML 1.1 read as different values"
    assert messages("eval:\n  limit: 10\n", text) == [f"`test.yaml` now has `limit: {value}`, {end}"]
    assert load(text.encode(), name="x") != yaml.safe_load(text)
    assert messages(text, text) == []
    assert messages("", text, "train.yaml") == []


@pytest.mark.parametrize(
    "value",
    ["10", "1_0", "0", "0.5", "1e-3", "true", "data/010", "a_1", "'010'", "10:x", "no rows", "2026-01-02"],
)
def test_other_values_are_not(value: str) -> None:
    assert messages("", f"limit: {value}\n") == []


END = "for a script that uses YAML 1.1)"
TWO: list[tuple[str, str]] = [
    *(
        (text, f"`eval.limit` (10 for DVC, 8 {END}")
        for text in (
            "eval: {limit: 010}",
            "eval:\n  limit:\n    010",
            "eval:\r\n  limit: 010\r",
            'eval: {"limit":010}',
            "eval:\n  limit: &a 010",
            "eval:\n  limit: 0_10",
            "eval:\n  limit: !!int 010",
            "eval: {limit: !!int '0_1_0'}",
            "x: &x 010\neval:\n  limit: *x",
        )
    ),
    ("a: &a {limit: 10}\nb: &b {limit: 1}\neval:\n  <<: [*a, *b]", f"`eval.limit` (10 for DVC, 1 {END}"),
    ("eval: [1, {a: yes}]", f'`eval[1].a` ("yes" for DVC, true {END}'),
    ("on: 1", f'`"on"` (1 for DVC, not there {END}, `True` (not there for DVC, 1 {END}'),
    # that a script gets along with, or that both read
    ("eval: {rate: 1e-3, day: 2026-01-02, at: 2026-01-02T03:04:05Z, n: .nan, '1': 2, 1: 2}", ""),
    ("a: &a {limit: 10}\neval: {<<: *a, x: 010x}", ""),
]


@pytest.mark.parametrize(("text", "expected"), TWO)
@pytest.mark.parametrize("file", ["test.yaml", "eval.conf", "EVAL.YAML"])
def test_values_of_a_document_that_have_two_meanings_are_named(text: str, expected: str, file: str) -> None:
    found = messages("eval: {limit: 10}\n", f"{text}\n", file, parsed=True)
    if text.startswith("x: "):
        expected = f"`x` (10 for DVC, 8 {END}, {expected}"
    assert found == ([f"`{file}` now has {expected}"] if expected else [])
    assert messages(f"{text}\n", f"{text}\nmore: 1\n", file, parsed=True) == []


@pytest.mark.parametrize("file", ["conf.json", "conf.toml"])
def test_a_file_that_is_not_yaml_has_one_meaning(file: str) -> None:
    assert messages("", '{"limit":010}', file, parsed=True) == []


def test_lines_are_compared_where_a_document_cannot_be_read() -> None:
    (found,) = messages("", "a: 1\na: 2\nlimit: 010\r\n", parsed=True)
    assert found.startswith("`test.yaml` now has `limit: 010`, which DVC and scripts")


CONF = """\
import os

LIMIT = 11
RATES: list = [0.1, {"a": 1}]

class Eval:
    rows = 3
    def __init__(self):
        self.seed = 1

def rows():
    most = 5
    return most
"""


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("LIMIT = 11\n", "LIMIT = 11\nfor LIMIT in [1]: pass\n"),
        ("LIMIT = 11", "LIMIT = int('1')"),
        ("LIMIT = 11", "LIMIT = 1\nLIMIT = 11"),
        ("LIMIT = 11", "LIMIT = OTHER = 11"),
        ("    rows = 3", "    rows = 3 - 1"),
        ("    rows = 3", "    rows = 3\n    if os: rows = 1"),
        ("class Eval:", "class Eval(os.PathLike):"),
        ("        self.seed = 1", "        self.seed = 1\n        self.__dict__.update(seed=2)"),
        ("import os", "from conf import *"),
        ("most = 5", "most = 1"),
        (CONF, "LIMIT = ("),
        ("LIMIT = 11", "LIMIT = 11\nRATES[0] = 5"),
        ("    rows = 3", "    rows: int"),
        ("LIMIT = 11", "LIMIT: (LIMIT := 1) = 11"),
        ("LIMIT = 11", "LIMIT = 11\nX: exec('global LIMIT; LIMIT = 1') = 1"),
        ("    rows = 3", "    rows: dict[str, os.putenv('A', 'b')] = 3"),
        ("        self.seed = 1", "        self.seed: int = 1\nEval.rows = 1"),
        ("        self.seed = 1", "        seed = 2\n        self.seed = 1"),
        ("        self.seed = 1", "        (exec('LIMIT = 1') or self).seed = 1"),
    ],
)
def test_other_code_in_a_python_file_of_parameters_is_named(was: str, now: str) -> None:
    text = "`conf.py` has other code next to the values that DVC compares; it may change them"
    assert was in CONF
    assert messages(CONF, CONF.replace(was, now), "conf.py") == [text]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("LIMIT = 11", "LIMIT = 12"),
        ("LIMIT = 11", "# fewer\nLIMIT = 11\n'a text'\n'another one'\nMORE = {'a': -1}"),
        ("[0.1,", "[0.2,"),
        ("rows = 3", "rows = 4"),
        ("self.seed = 1", "self.seed = 2"),
        ("import os", "import  os"),
        ("LIMIT = 11", "LIMIT: 'int | dict[str, list[int]]' = 11"),
        ("LIMIT = 11", "LIMIT: dict[str, os.PathLike | list[int]] | None = 11"),
        ("self.seed = 1", "self.seed: int = 2"),
        # a text with a line as in YAML
        ("import os", 'import os\n"""\nlimit: off\n"""'),
    ],
)
def test_other_plain_values_in_a_python_file_are_not_other_code(was: str, now: str) -> None:
    assert was in CONF
    assert messages(CONF, CONF.replace(was, now), "conf.py") == []


@pytest.mark.parametrize(("was", "now"), [("rows = 3", "rows = 1"), ("self.rows = 3", "self.rows = 1")])
def test_one_of_two_values_of_a_name_is_other_code(was: str, now: str) -> None:
    text = CONF.replace("self.seed = 1", "self.rows = 3")
    assert len(messages(text, text.replace(f"    {was}", f"    {now}"), "conf.py")) == 1


def test_the_value_of_a_name_with_an_annotation_that_runs_is_a_plain_one() -> None:
    text = "LIMIT: Annotated[int, at_least(0)] = 11\n"
    assert messages(text, text.replace("11", "12"), "conf.py") == []
    assert len(messages(text, text.replace("(0)", "(1)"), "conf.py")) == 1


@pytest.mark.parametrize("bare", ["size: int", "class Row:\n    size: int\n    kind: str = 'a'"])
def test_an_annotation_without_a_value_does_not_make_values_code(bare: str) -> None:
    assert messages(f"{bare}\nLIMIT = 11\n", f"{bare}\nLIMIT = 12\n", "conf.py") == []
    assert len(messages("LIMIT = 11\n", f"{bare}\nLIMIT = 11\n", "conf.py")) == 1


def test_files_that_cannot_be_parsed_are_compared_as_they_are() -> None:
    assert len(messages("LIMIT = (", "LIMIT = ((", "conf.py")) == 1
    assert messages("LIMIT = (", "LIMIT = (", "conf.py") == []


def test_a_long_line_is_cut() -> None:
    (text,) = messages("", f"{'a' * 70}: off\n")
    assert text.startswith(f"`test.yaml` now has `{'a' * 59}…`, which")


@pytest.mark.parametrize("kind", ["no number", "no model", "no parameters"])
def test_without_a_measuring_stage_with_parameters_nothing_is_read(kind: str) -> None:
    stages = [
        each._replace(params={} if kind == "no parameters" else each.params) for each in PIPELINE.stages
    ]
    known = Pipeline(stages=tuple(stages))
    origin = origin_of("m.json", known)
    link = link_of(None if kind == "no model" else "model", origin, known)
    source = None if kind == "no number" else Source(file="m.json", key="mae", origin=origin, link=link)
    gates = [ResolvedGate(gate="g", model="m", metric="mae", path="model", source=source)]

    def read(_: object) -> dict[str, bytes]:
        raise AssertionError

    assert spelling_notes(gates, gates, known, places=(Places(read=read), Places(read=read))) == ()


@pytest.mark.parametrize(
    ("made", "old", "ends"),
    [
        ("100", "0100", ["; the target's numbers are from 1a2b3c4, before that"]),
        # a change of this one is named once
        ("100", "100", [""]),
        ("0100", "0100", []),
        (None, "0100", []),
    ],
)
def test_a_value_that_came_after_the_targets_run_is_named_with_the_next_one(
    made: str | None, old: str, ends: list[str]
) -> None:
    texts = [None if each is None else f"eval:\n  limit: {each}\n" for each in (made, old, "0100")]
    found = messages(f"{texts[1]}", f"{texts[2]}", parsed=True, made=texts[0])
    text = "`test.yaml` now has `eval.limit` (100 for DVC, 64 for a script that uses YAML 1.1)"
    assert found == [f"{text}{end}" for end in ends]
