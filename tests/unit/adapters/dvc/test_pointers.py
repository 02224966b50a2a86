"""dvc.yaml, dvc.lock and .dvc files become one pipeline with paths from the Git root."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.dvc.pipeline.pointers import read_pipeline
from mlgit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.pipeline.stages import Pipeline

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
OTHER = "e4d909c290d0fb1ca068ffaddf22cbd0"


class Files:
    """A tree of given files."""

    label = "working tree"
    commit = None

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = {path: text.encode() for path, text in files.items()}

    def prepare(self) -> None:
        """There is nothing to prepare."""

    def paths(self) -> Sequence[str]:
        return sorted(self._files)

    def identity(self, path: str) -> None:
        """Files have no identity, so that all are read."""

    def read(self, path: str, *, most_bytes: int | None = None) -> bytes | None:  # noqa: ARG002
        return self._files.get(path)

    def read_many(self, paths: Iterable[str], *, most_bytes: int | None = None) -> Mapping[str, bytes]:  # noqa: ARG002
        return {path: self._files[path] for path in paths if path in self._files}


def pipeline(files: Mapping[str, str]) -> Pipeline:
    return read_pipeline(Files(files), root="/nowhere")


def test_paths_start_at_the_root_with_any_wdir() -> None:
    found = pipeline(
        {
            "sub/dvc.yaml": "stages:\n  a:\n    wdir: work\n"
            "    cmd: [one, two]\n    deps: [../in, /abs, s3://b/x]\n"
            "    outs: [out: {cache: false, persist: true}]\n"
            "    metrics: [m.json]\n    plots: [p.csv: {x: e}]\n"
            "metrics: [top.json]\nparams: [p.yaml]\nplots: [a.csv, b: {x: e}, c: {y: {d.csv: z}}]\n"
        }
    )
    (stage,) = found.stages
    assert stage.address == "sub/dvc.yaml:a"
    assert stage.cmd == ("one", "two")
    assert stage.deps == ("sub/in", "/abs", "s3://b/x")
    assert [(out.path, out.cached, out.metric, out.plot) for out in stage.outs] == [
        ("sub/work/out", False, False, False),
        ("sub/work/m.json", True, True, False),
        ("sub/work/p.csv", True, False, True),
    ]
    assert (found.metrics, found.params) == (("sub/top.json",), ("sub/p.yaml",))
    assert found.plots == ("sub/a.csv", "sub/b", "sub/d.csv")


def test_params_have_three_forms_and_a_whole_file_includes_its_keys() -> None:
    found = pipeline(
        {
            "dvc.yaml": "stages:\n  a:\n    cmd: x\n"
            "    params: [lr, other.yaml: [a, b.c], whole.toml: , lr]\n"
            "  b:\n    cmd: x\n    params: [lr, params.yaml: ]\n"
        }
    )
    assert found.stages[0].params == {"params.yaml": ("lr",), "other.yaml": ("a", "b.c"), "whole.toml": None}
    assert found.stages[1].params == {"params.yaml": None}


LOCKED = f"""\
  a:
    cmd: x
    deps:
    - {{path: in, md5: {MD5}, size: 1}}
    outs:
    - {{path: out, md5: {MD5}.dir, hash: md5, nfiles: 2}}
"""


@pytest.mark.parametrize("lock", [f"schema: '2.0'\nstages:\n{LOCKED}", LOCKED.replace("\n  ", "\n").lstrip()])
def test_a_lock_file_of_either_schema_gives_the_recorded_stage(lock: str) -> None:
    found = pipeline(
        {"dvc.yaml": "stages:\n  a:\n    cmd: x\n    deps: [in]\n    outs: [out]\n", "dvc.lock": lock}
    )
    locked = found.stages[0].locked
    assert locked is not None
    dep, out = locked.deps["in"], found.stages[0].outs[0].pointer
    assert dep is not None
    assert out is not None
    assert (dep.md5, dep.legacy, dep.directory) == (MD5, True, False)
    assert (out.legacy, out.directory, out.nfiles) == (False, True, 2)


@pytest.mark.parametrize(
    ("entry", "md5", "legacy"),
    [
        (f"md5: {MD5}", MD5, True),
        (f"md5: {MD5}, hash: null", MD5, True),
        (f"md5: {MD5}, hash: md5", MD5, False),
        (f"md5: {MD5}, hash: sha256", None, None),
        (f"md5: {MD5}, hash: md5-dos2unix", None, None),
        (f"md5: {MD5}, hash: checksum, checksum: {MD5}", None, None),
        (f"hash: sha256, sha256: {MD5}", None, None),
        (f"etag: {MD5}", None, None),
        ("hash: md5, size: 1", None, None),
        ("hash: md5, md5: null", None, None),
        ("hash: md5, md5: 11111111111111111111111111111111", None, None),
        (f"hash: md5, cloud: {{store: {{md5: {MD5}}}}}", MD5, False),
        (f"hash: md5, md5: {OTHER}, cloud: {{store: {{md5: {MD5}}}}}", MD5, False),
        (f"hash: md5, md5: {MD5}, cloud: {{store: {{etag: abc}}}}", MD5, False),
        (f"hash: md5, md5: {MD5}, cloud: {{}}", MD5, False),
    ],
)
def test_an_entry_has_the_hash_that_dvc_compares(entry: str, md5: str | None, *, legacy: bool | None) -> None:
    """DVC finds every file changed whose entry has no `md5`, or names another hash."""
    lock = f"schema: '2.0'\nstages:\n  a: {{cmd: x, deps: [{{path: in, {entry}}}]}}\n"
    found = pipeline({"dvc.yaml": "stages:\n  a: {cmd: x, deps: [in]}\n", "dvc.lock": lock})
    locked = found.stages[0].locked
    assert locked is not None
    pointer = locked.deps["in"]
    assert (pointer and pointer.md5, pointer and pointer.legacy) == (md5, legacy)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("etag: a", "etag: a", True),
        ("etag: a", "etag: b", False),
        ("checksum: a, size: 1", "size: 1, checksum: a", True),
        ("checksum: a", "checksum: b", False),
        ("hash: sha256, sha256: a", "hash: sha256, sha256: b", False),
        ("dataset: {name: d, rev_lock: a}", "dataset: {rev_lock: b, name: d}", False),
        (f"md5: {MD5}, etag: a", f"md5: {MD5}, etag: b", True),
    ],
)
def test_what_a_stage_read_elsewhere_is_known_by_what_dvc_recorded(old: str, new: str, *, same: bool) -> None:
    found = []
    for entry in (old, new):
        lock = f"schema: '2.0'\nstages:\n  a: {{cmd: x, deps: [{{path: 's3://b/x', {entry}}}]}}\n"
        known = pipeline({"dvc.yaml": "stages:\n  a: {cmd: x, deps: ['s3://b/x']}\n", "dvc.lock": lock})
        assert known.stages[0].locked is not None
        found.append(known.stages[0].locked.content("s3://b/x"))
    assert None not in found
    assert (found[0] == found[1]) is same


def test_outside_of_the_repository_every_entry_has_an_md5() -> None:
    lock = f"schema: '2.0'\nstages:\n  a: {{cmd: x, deps: [{{path: ../in, md5: {MD5}, hash: other}}]}}\n"
    found = pipeline({"dvc.yaml": "stages:\n  a: {cmd: x, deps: [../in]}\n", "dvc.lock": lock})
    locked = found.stages[0].locked
    assert locked is not None
    pointer = locked.deps["../in"]
    assert pointer is not None
    assert (pointer.md5, pointer.legacy) == (MD5, False)


@pytest.mark.parametrize("key", ["deps", "outs"])
def test_a_lock_file_that_spells_one_path_in_two_ways_is_refused(key: str) -> None:
    """DVC reads the entry that is spelled as in dvc.yaml, whatever the other one says."""
    entries = f"[{{path: a/b, md5: {MD5}}}, {{path: a/./b, md5: {OTHER}}}]"
    lock = f"schema: '2.0'\nstages:\n  a: {{cmd: x, {key}: {entries}}}\n"
    with pytest.raises(ConfigError, match="is not a path of its own, because `a/b` is the same"):
        pipeline({"dvc.yaml": f"stages:\n  a: {{cmd: x, {key}: [a/b]}}\n", "dvc.lock": lock})


@pytest.mark.parametrize(
    "md5",
    ["", "xx/etc/passwd", "../../../etc/passwd", f"{MD5}/x", f"{MD5}.dir.dir", MD5.upper(), f"{MD5}\\n", "*"],
)
def test_an_invalid_hash_never_becomes_part_of_a_path(md5: str) -> None:
    """Otherwise the lock file of a pull request could show any file of the machine as a metric."""
    for name, text in (
        ("dvc.lock", f"schema: '2.0'\nstages:\n{LOCKED}".replace(f"md5: {MD5}.dir", f'md5: "{md5}"')),
        ("raw.dvc", f'outs:\n- md5: "{md5}"\n  path: raw\n'),
        ("old.dvc", f'cmd: make\ndeps:\n- path: in\n  md5: "{md5}"\n'),
    ):
        with pytest.raises(ConfigError, match="is not a hash of DVC's") as caught:
            pipeline({"dvc.yaml": "stages:\n  a: {cmd: x, deps: [in], outs: [out]}\n", name: text})
        assert caught.value.location is not None
        assert caught.value.location.path == name
        assert caught.value.location.line is not None


def test_dvc_files_have_data_imports_or_old_stages() -> None:
    found = pipeline(
        {
            "data/raw.dvc": f"outs:\n- md5: {MD5}\n  hash: md5\n  path: raw\n",
            "got.dvc": "frozen: true\ndeps:\n- path: x\n  repo: {url: https://e.org/r}\n"
            f"outs:\n- md5: {MD5}\n  path: got\n",
            "old.dvc": f"cmd: make\ndeps:\n- path: in\n  md5: {MD5}\nouts:\n- md5: {MD5}\n  path: made\n",
            ".dvc/config": "[core]\n",
        }
    )
    assert [(out.path, out.owner, out.source) for out in found.tracked] == [
        ("data/raw", "data/raw.dvc", None),
        ("got", "got.dvc", "https://e.org/r"),
    ]
    assert [(stage.address, stage.cmd, stage.deps) for stage in found.stages] == [
        ("old.dvc", ("make",), ("in",))
    ]


def test_artifacts_below_the_root_have_their_folder_in_the_name() -> None:
    found = pipeline(
        {
            "sub/dvc.yaml": "artifacts:\n  m: {path: m.bin, type: model, desc: d, labels: [a]}\n",
            "dvc.yaml": "",
        }
    )
    (artifact,) = found.artifacts
    assert (artifact.name, artifact.path, artifact.type, artifact.labels) == (
        "sub:m",
        "sub/m.bin",
        "model",
        ("a",),
    )


WRONG = {
    "stages as a list": ("stages: [a]\n", "stages", 1),
    "a stage without cmd": ("stages:\n  a:\n    deps: [x]\n", "stages.a", 2),
    "deps as text": ("stages:\n  a:\n    cmd: x\n    deps: y\n", "stages.a.deps", 4),
    "a number as dep": ("stages:\n  a:\n    cmd: x\n    deps: [1]\n", "stages.a.deps.0", 4),
    "cmd as a number": ("stages:\n  a:\n    cmd: 1\n", "stages.a.cmd", 3),
    "metrics as a mapping": ("metrics: {a: b}\n", "metrics", 1),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_shape_is_an_error_with_its_line(case: str) -> None:
    text, where, line = WRONG[case]
    with pytest.raises(ConfigError) as caught:
        pipeline({"dvc.yaml": text})
    assert f"`{where}`" in caught.value.message
    assert caught.value.location is not None
    assert (caught.value.location.path, caught.value.location.line) == ("dvc.yaml", line)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("frozen: [1]\ndeps: [{path: x, url: y}]\nouts: [{path: a}]\n", "frozen"),
        ("wdir: [1]\nouts: [{path: a}]\n", "wdir"),
        ("deps: [{path: [1]}]\nouts: [{path: a}]\n", "deps.0.path"),
        (f"outs: [{{path: a, md5: {MD5}, hash: []}}]\n", "outs.0.hash"),
        (f"outs: [{{path: a, md5: {MD5}, hash: {{}}}}]\n", "outs.0.hash"),
        (f"outs: [{{path: a, md5: {MD5}, size: -1}}]\n", "outs.0.size"),
        (f"outs: [{{path: a, md5: {MD5}, nfiles: -1}}]\n", "outs.0.nfiles"),
    ],
)
def test_a_wrong_value_in_a_dvc_file_is_an_error_that_names_it(text: str, where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        pipeline({"a.dvc": text})
    assert f"`{where}` in `a.dvc`" in caught.value.message


def test_a_file_that_is_not_a_mapping_is_named_in_the_error() -> None:
    with pytest.raises(ConfigError) as caught:
        pipeline({"dvc.yaml": "- a\n"})
    assert caught.value.message == "`dvc.yaml` is not a mapping"


def test_a_half_written_lock_file_is_an_error_that_names_it() -> None:
    with pytest.raises(ConfigError) as caught:
        pipeline({"dvc.yaml": "stages: {}\n", "dvc.lock": "schema: '2.0'\nstages:\n  a: {cmd: x\n"})
    assert caught.value.location is not None
    assert caught.value.location.path == "dvc.lock"
