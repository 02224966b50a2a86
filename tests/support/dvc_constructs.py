"""DVC constructs: a folder for each construct of DVC's files, an edit, and the stages it makes stale."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, NamedTuple

from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Reasons = dict[str, set[str]]


def nothing(_: Folder) -> None:
    """Do nothing."""


class Construct(NamedTuple):
    """One folder of the repository.

    `begin` runs first, while the repository is small and DVC fast; then `files` are written, `add` is
    tracked, every stage runs, and `finish` runs last. `edit` writes files (None removes one).
    `clean` and `edited` are the reasons per address, both from the folder. `handed` is why DVC is asked.
    """

    files: Mapping[str, str]
    edit: Mapping[str, str | None]
    edited: Reasons
    clean: Reasons = {}  # noqa: RUF012 (never written to)
    add: tuple[str, ...] = ()
    begin: Callable[[Folder], None] = nothing
    finish: Callable[[Folder], None] = nothing
    handed: str | None = None


def stage(body: str, *, name: str = "s") -> str:
    """A dvc.yaml with one stage, whose fields are in `body`."""
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return f"stages:\n  {name}:\n{lines}"


COPY = "cmd: cp in out\ndeps: [in]\nouts: [out]"
IN_CHANGED = {"dvc.yaml:s": {"changed dep in"}}


def _copy(extra: str = "") -> str:
    return stage(f"{COPY}\n{extra}")


def _freeze(folder: Folder) -> None:
    folder.write("dvc.yaml", _copy("frozen: true"))


def _old_hashes(folder: Folder) -> None:
    """Turn the .dvc file and the lock into those of DVC 2: no `hash`, CRLF read as LF, an old cache."""
    md5 = _keep(folder, b"one\ntwo\n", layout="")
    (folder / "dos.txt").write_bytes(b"one\r\ntwo\r\n")
    folder.write("dos.txt.dvc", f"outs:\n- md5: {md5}\n  size: 10\n  path: dos.txt\n")
    old = hashlib.md5(b"1\n2\n").hexdigest()  # noqa: S324 (DVC's own hash)
    lock = (folder / "dvc.lock").read_text(encoding="utf-8")
    entry = re.compile(r"      hash: md5\n      md5: .*\n")
    folder.write("dvc.lock", entry.sub(f"      md5: {old}\n", lock, count=1))


def _files_list(folder: Folder) -> None:
    """The .dvc file of a version-aware remote: every file of the directory has its own entry."""
    hashes = {name: _keep(folder, name.encode()) for name in ("a", "b")}
    listing = [{"md5": md5, "relpath": name} for name, md5 in hashes.items()]
    _keep(folder, json.dumps(listing).encode(), suffix=".dir")
    entries = "".join(f"  - relpath: {name}\n    md5: {md5}\n    size: 1\n" for name, md5 in hashes.items())
    folder.write("many.dvc", f"outs:\n- path: many\n  hash: md5\n  files:\n{entries}")


def _keep(folder: Folder, content: bytes, *, layout: str = "files/md5/", suffix: str = "") -> str:
    """Put a content into DVC's cache."""
    md5 = hashlib.md5(content).hexdigest()  # noqa: S324 (DVC's own hash)
    place = folder / f"../.dvc/cache/{layout}{md5[:2]}/{md5[2:]}{suffix}"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return md5


def _imported(*argv: str) -> Callable[[Folder], None]:
    def bring(folder: Folder) -> None:
        folder.dvc(*(part.format(outside=folder / "../../outside") for part in argv))

    return bring


def _unfrozen(folder: Folder) -> None:
    folder.dvc("import-url", "-q", "../../outside/for-unfrozen.txt", "got.txt")
    text = (folder / "got.txt.dvc").read_text(encoding="utf-8")
    folder.write("got.txt.dvc", text.replace("frozen: true\n", ""))


def _linked(kind: str) -> Callable[[Folder], None]:
    def add(folder: Folder) -> None:
        folder.dvc("config", "cache.type", kind)
        folder.write("one", kind)
        folder.write("many/a", kind)
        folder.write("many/deep/b", f"{kind} b")
        folder.dvc("add", "-q", "one", "many")
        folder.dvc("config", "--unset", "cache.type")

    return add


def _many(*names: str) -> dict[str, str]:
    return {f"many/{name}": name.rpartition("/")[2] for name in names}


PARAMS = {
    "p.yaml": "a: 1\nb: {c: [1, 2], d: 1e-3}\nz: 0\n",
    "p.json": '{"a": 1, "b": {"c": [1, 2], "d": 0.001}, "z": 0}',
    "p.toml": "a = 1\nz = 0\n[b]\nc = [1, 2]\nd = 0.001\n",
    "p.py": "a = 1\nz = 0\nclass b:\n    c = (1, 2)\n    d = 0.001\n",
}
EDITED_PARAMS = {
    "p.yaml": "a: 1\nb: {c: [1, 3], d: 0.001}\nz: 9\n",
    "p.json": '{"a": 1, "b": {"c": [1, 3], "d": 0.001}, "z": 9}',
    "p.toml": "a = 1\nz = 9\n[b]\nc = [1, 3]\nd = 0.001\n",
    "p.py": "a = 1\nz = 9\nclass b:\n    c = (1, 3)\n    d = 0.001\n",
}


def _params(file: str) -> Construct:
    return Construct(
        {
            file: PARAMS[file],
            "dvc.yaml": stage(f"cmd: touch out\nparams: [{{{file}: [a, b.c, b.d]}}]\nouts: [out]"),
        },
        {file: EDITED_PARAMS[file]},
        {"dvc.yaml:s": {"changed param b.c"}},
    )


FOREACH = 'foreach: {data}\ndo:\n  cmd: cp {key} {key}.out\n  deps: ["{key}"]\n  outs: ["{key}.out"]'


def _foreach(data: str, key: str) -> str:
    return stage(FOREACH.format(data=data, key=key), name="each")


CONSTRUCTS: dict[str, Construct] = {
    "plain": Construct({"in": "1", "dvc.yaml": _copy()}, {"in": "2"}, IN_CHANGED),
    "wdir": Construct(
        {
            "in": "1",
            "deep/keep": "",
            "dvc.yaml": stage("wdir: deep\ncmd: cp ../in out\ndeps: [../in]\nouts: [out]"),
        },
        {"in": "2"},
        IN_CHANGED,
    ),
    "foreach list": Construct(
        {"a": "a", "b": "b", "dvc.yaml": _foreach("[a, b]", "${item}")},
        {"a": "2"},
        {"dvc.yaml:each@a": {"changed dep a"}},
        handed="uses `foreach` (line 3)",
    ),
    "foreach dict": Construct(
        {"a": "a", "b": "b", "dvc.yaml": _foreach("{one: {f: a}, two: {f: b}}", "${item.f}")},
        {"b": "2"},
        {"dvc.yaml:each@two": {"changed dep b"}},
        handed="uses `foreach` (line 3)",
    ),
    "foreach key": Construct(
        {"a": "a", "b": "b", "params.yaml": "all: {a: 1, b: 2}\n", "dvc.yaml": _foreach("${all}", "${key}")},
        {"params.yaml": "all: {a: 1, c: 2}\n"},
        {"dvc.yaml:each@c": {"never run"}},
        handed="uses `foreach` (line 3)",
    ),
    "matrix": Construct(
        {
            "a": "a",
            "b": "b",
            "dvc.yaml": stage(
                "matrix: {f: [a, b], n: [1, 2]}\ncmd: cp ${item.f} ${item.f}${item.n}\n"
                'deps: ["${item.f}"]\nouts: ["${item.f}${item.n}"]'
            ),
        },
        {"a": "2"},
        {"dvc.yaml:s@a-1": {"changed dep a"}, "dvc.yaml:s@a-2": {"changed dep a"}},
        handed="uses `matrix` (line 3)",
    ),
    "vars from a file": Construct(
        {
            "v.yaml": "n: in\nt: {m: 1}\n",
            "in": "1",
            "dvc.yaml": "vars: [v.yaml]\n"
            + stage('cmd: cp ${n} out && echo ${t.m}\ndeps: ["${n}"]\nouts: [out]'),
        },
        {"v.yaml": "n: in\nt: {m: 2}\n"},
        {"dvc.yaml:s": {"changed cmd"}},
        handed="uses `vars` (line 1)",
    ),
    "vars by key": Construct(
        {
            "v.json": '{"n": 1, "o": 2}',
            "o.toml": "q = 1\n",
            "dvc.yaml": "vars: ['v.json:n', o.toml]\n" + stage("cmd: echo ${n} ${q} > out\nouts: [out]"),
        },
        {"v.json": '{"n": 3, "o": 2}'},
        {"dvc.yaml:s": {"changed cmd"}},
        handed="uses `vars` (line 1)",
    ),
    "vars inline": Construct(
        {
            "in": "1",
            "dvc.yaml": "vars: [{n: in}, {o: {p: out}}]\n"
            + stage('cmd: cp ${n} ${o.p}\ndeps: ["${n}"]\nouts: ["${o.p}"]'),
        },
        {"in": "2"},
        IN_CHANGED,
        handed="uses `vars` (line 1)",
    ),
    "vars of a stage": Construct(
        {
            "deep/v.py": "N = 1\n",
            "dvc.yaml": stage("wdir: deep\nvars: [v.py, {m: 2}]\ncmd: echo ${N} ${m} > out\nouts: [out]"),
        },
        {"deep/v.py": "N = 5\n"},
        {"dvc.yaml:s": {"changed cmd"}},
        handed="uses `vars` (line 4)",
    ),
    "params in a template": Construct(
        {
            "params.yaml": "m: {lr: 1, k: x}\nother: 1\n",
            "dvc.yaml": stage('cmd: echo ${m} > out\nparams: [m.lr, "${m.k}.yaml": [q]]\nouts: [out]'),
            "x.yaml": "q: 1\n",
        },
        {"params.yaml": "m: {lr: 2, k: x}\nother: 1\n"},
        {"dvc.yaml:s": {"changed cmd", "changed param m.lr"}},
        handed="uses `${}` (line 3)",
    ),
    "escaped template": Construct(
        {"in": "1", "dvc.yaml": stage("cmd: echo \\${HOME} > out\ndeps: [in]\nouts: [out]")},
        {"in": "2"},
        IN_CHANGED,
        handed="uses `${}` (line 3)",
    ),
    "frozen": Construct(
        {"in": "1", "dvc.yaml": _copy()},
        {"in": "2", "out": "x"},
        {"dvc.yaml:s": {"changed output out"}},
        finish=_freeze,
    ),
    "always changed": Construct(
        {"in": "1", "dvc.yaml": _copy("always_changed: true")},
        {"in": "2"},
        {"dvc.yaml:s": {"changed dep in"}},
    ),
    "callback": Construct(
        {"dvc.yaml": stage("cmd: touch made")},
        {"dvc.yaml": stage("cmd: touch other")},
        {"dvc.yaml:s": {"changed cmd"}},
    ),
    "no deps": Construct(
        {"dvc.yaml": stage("cmd: echo 1 > out\nouts: [out]")},
        {"out": "2"},
        {"dvc.yaml:s": {"changed output out"}},
    ),
    "cmd list": Construct(
        {"in": "1", "dvc.yaml": stage("cmd: [cp in out, 'true']\ndeps: [in]\nouts: [out]")},
        {"dvc.yaml": stage("cmd: [cp in out, 'true', 'true']\ndeps: [in]\nouts: [out]")},
        {"dvc.yaml:s": {"changed cmd"}},
    ),
    "cmd as a list of one": Construct(
        {"in": "1", "dvc.yaml": _copy()},
        {"dvc.yaml": _copy().replace("cmd: cp in out", "cmd: [cp in out]")},
        {"dvc.yaml:s": {"changed cmd"}},
    ),
    "not cached": Construct(
        {"in": "1", "dvc.yaml": stage("cmd: cp in out\ndeps: [in]\nouts: [out: {cache: false}]")},
        {"out": None},
        {"dvc.yaml:s": {"deleted output out"}},
    ),
    "flags of an output": Construct(
        {
            "in": "1",
            "dvc.yaml": stage(
                "cmd: cp in out && cp in two\ndeps: [in]\ndesc: why\nmeta: {any: [thing]}\nouts:\n"
                "- out: {persist: true, meta: {}, push: false, remote: elsewhere, type: t, labels: [a]}\n"
                "- two: {cache: true}"
            ),
        },
        {"two": "2", "in": "3"},
        {"dvc.yaml:s": {"changed output two", "changed dep in"}},
    ),
    "old hashes": Construct(
        {"in": "1\r\n2\r\n", "dvc.yaml": _copy()},
        {"dos.txt": "three\n"},
        {"dos.txt.dvc": {"changed output dos.txt"}},
        finish=_old_hashes,
    ),
    "list of files": Construct(
        _many("a", "b"),
        {"many/b": "changed"},
        {"many.dvc": {"changed output many"}},
        finish=_files_list,
    ),
    "added file": Construct({"raw": "1"}, {"raw": "2"}, {"raw.dvc": {"changed output raw"}}, add=("raw",)),
    "added folder": Construct(
        _many("a", "deep/b", "deep/er/c"),
        {"many/deep/d": "new"},
        {"many.dvc": {"changed output many"}},
        add=("many",),
    ),
    "ignored files": Construct(
        {
            **{
                f"deep/{path}": text
                for path, text in _many("a", "b.tmp", "c.log", "sub/keep.tmp", "only/x").items()
            },
            ".dvcignore": "*.tmp\ndeep/many/only\n",
            "deep/.dvcignore": "*.log\n!keep.tmp\n",
        },
        {"deep/many/e.tmp": "still", "deep/many/f.log": "still", "deep/many/only/y": "still"},
        {},
        add=("deep/many",),
    ),
    "unignored file": Construct(
        {**_many("a", "sub/keep.tmp", "sub/lose.tmp"), ".dvcignore": "*.tmp\n!keep.tmp\n"},
        {"many/sub/keep.tmp": "now"},
        {"many.dvc": {"changed output many"}},
        add=("many",),
    ),
    "ignored pipeline": Construct(
        {
            "in": "1",
            "dvc.yaml": _copy(),
            ".dvcignore": "hidden\n",
            "hidden/dvc.yaml": stage("cmd: nothing"),
            "hidden/x.dvc": "outs:\n- path: x\n",
        },
        {"in": "2"},
        IN_CHANGED,
    ),
    "params yaml": _params("p.yaml"),
    "params json": _params("p.json"),
    "params toml": _params("p.toml"),
    "params py": _params("p.py"),
    "whole params files": Construct(
        {
            "p.yaml": "a: 1\nb: {c: 1}\n",
            "q.json": '{"x": 1}',
            "dvc.yaml": stage("cmd: touch out\nparams: [p.yaml: , q.json: ]\nouts: [out]"),
        },
        {"p.yaml": "b: {c: 2}\nd: 1\n", "q.json": '{"x": 1.0}'},
        {"dvc.yaml:s": {"changed param b", "new param d", "deleted param a"}},
    ),
    "missing params": Construct(
        {
            "params.yaml": "a: 1\nb: 2\nl: [{k: 1}]\n",
            "r.yaml": "z: 1\n",
            "dvc.yaml": stage("cmd: touch out\nparams: [a, b, l.0.k, r.yaml: [z]]\nouts: [out]"),
        },
        {"params.yaml": "b: 2\nl: [{k: 1}]\n", "r.yaml": None},
        {"dvc.yaml:s": {"deleted param a", "deleted dep r.yaml"}},
    ),
    "patterns of params": Construct(
        {
            "params.yaml": "sets: {moon: {noise: 1, size: 2}, flat: {size: 3}}\nl: [{k: 1}]\n",
            "dvc.yaml": stage(
                "cmd: touch out\nouts: [out]\n"
                "params: ['sets.m*', 'sets.moo?', 'sets.*.noise', 'sets.fl[a-b]t.size', 'l.?.k']"
            ),
        },
        {"params.yaml": "sets: {moon: {noise: 9, size: 2}, flat: {size: 3}}\nl: []\n"},
        {
            "dvc.yaml:s": {
                "changed param sets.m*",
                "changed param sets.moo?",
                "changed param sets.*.noise",
                "deleted param l.?.k",
            }
        },
    ),
    "new params": Construct(
        {
            "params.yaml": "a: 1\nb: 2\n",
            "n.yaml": "c: 1\n",
            "dvc.yaml": stage("cmd: touch out\nparams: [a]\nouts: [out]"),
        },
        {"dvc.yaml": stage("cmd: touch out\nparams: [a, b, n.yaml: [c]]\nouts: [out]")},
        {"dvc.yaml:s": {"new param b", "new dep n.yaml"}},
    ),
    "plots of a stage": Construct(
        {
            "in": "a,b\n1,2\n",
            "dvc.yaml": stage(
                "cmd: cp in p.csv && cp in q.csv\ndeps: [in]\n"
                "plots: [p.csv: {x: a, y: b, cache: false}, q.csv]"
            ),
        },
        {"p.csv": "a,b\n1,3\n"},
        {"dvc.yaml:s": {"changed output p.csv"}},
    ),
    "top level": Construct(
        {
            "in": "1",
            "m.json": '{"a": 1}',
            "dvc.yaml": _copy()
            + "metrics: [m.json]\nparams: [t.yaml]\nartifacts: {it: {path: out, type: model}}\n"
            "plots: [m.json, two: {x: a, y: {m.json: a}}, three: {x: {m.json: a}, y: {m.json: [a, b]}}]\n"
            "datasets: [{name: d, type: url, url: 's3://bucket/d'}]\n",
            "t.yaml": "a: 1\n",
        },
        {"in": "2", "m.json": '{"a": 2}', "t.yaml": "a: 2\n"},
        IN_CHANGED,
    ),
    "metrics of a stage": Construct(
        {
            "in": '{"a": 1}',
            "dvc.yaml": stage("cmd: cp in m.json\ndeps: [in]\nmetrics: [m.json: {cache: false}]"),
        },
        {"m.json": '{"a": 2}'},
        {"dvc.yaml:s": {"changed output m.json"}},
    ),
    "inside another's folder": Construct(
        {
            "in": "1",
            "dvc.yaml": "stages:\n  one:\n    cmd: mkdir -p d && cp in d/x\n    deps: [in]\n    outs: [d/x]\n"
            "  two:\n    cmd: mkdir -p d && cp in d/y\n    deps: [in]\n    outs: [d/y]\n"
            "  both:\n    cmd: cat d/x d/y > out\n    deps: [d]\n    outs: [out]\n",
        },
        {"d/x": "2"},
        {"dvc.yaml:one": {"changed output d/x"}, "dvc.yaml:both": {"changed dep d"}},
    ),
    "part of a folder": Construct(
        {
            **_many("a", "sub/b"),
            "dvc.yaml": stage("cmd: cp many/a out\ndeps: [many/a, many/sub]\nouts: [out]"),
        },
        {"many/sub/b": "2"},
        {"dvc.yaml:s": {"changed dep many/sub"}, "many.dvc": {"changed output many"}},
        add=("many",),
    ),
    "strange names": Construct(
        {
            "ein gäng.csv": "1",
            "dvc.yaml": stage(
                "cmd: cp 'ein gäng.csv' 'aus 1'\ndeps: [ein gäng.csv]\nouts: ['aus 1']", name="läuf-1"
            ),
        },
        {"ein gäng.csv": "2"},
        {"dvc.yaml:läuf-1": {"changed dep ein gäng.csv"}},
    ),
    "empty dvc.yaml": Construct(
        {"dvc.yaml": "", "sub/dvc.yaml": "# nothing yet\n"}, {"dvc.yaml": "stages: {}\n"}, {}
    ),
    "several pipelines": Construct(
        {
            "in": "1",
            "one/dvc.yaml": stage("cmd: cp ../in out\ndeps: [../in]\nouts: [out]"),
            "two/dvc.yaml": stage("cmd: cp ../one/out out\ndeps: [../one/out]\nouts: [out]"),
        },
        {"in": "2"},
        {"one/dvc.yaml:s": {"changed dep in"}},
    ),
    "a new stage": Construct(
        {"in": "1", "dvc.yaml": _copy()},
        {"dvc.yaml": _copy() + "  t:\n    cmd: cp out t\n    deps: [out]\n    outs: [t]\n"},
        {"dvc.yaml:t": {"never run"}},
    ),
    "new and removed deps": Construct(
        {"in": "1", "more": "1", "dvc.yaml": stage("cmd: cp in out\ndeps: [in]\nouts: [out]")},
        {"dvc.yaml": stage("cmd: cp in out\ndeps: [more]\nouts: [out]")},
        {"dvc.yaml:s": {"changed dep more"}},
    ),
    "a deleted dep": Construct(
        {"in": "1", "dvc.yaml": _copy()}, {"in": None}, {"dvc.yaml:s": {"deleted dep in"}}
    ),
    "a folder as dep": Construct(
        {
            "src/a.py": "1",
            "src/__pycache__/x.pyc": "1",
            "dvc.yaml": stage("cmd: cp src/a.py out\ndeps: [src]\nouts: [out]"),
        },
        {"src/new.py": "1"},
        {"dvc.yaml:s": {"changed dep src"}},
    ),
    "a folder as output": Construct(
        {
            "in": "1",
            "dvc.yaml": stage("cmd: mkdir -p d/e && cp in d/e/f && cp in d/g\ndeps: [in]\nouts: [d]"),
        },
        {"d/e/f": "2"},
        {"dvc.yaml:s": {"changed output d"}},
    ),
    "executable": Construct(
        {"in": "1", "dvc.yaml": stage("cmd: cp in out && chmod +x out\ndeps: [in]\nouts: [out]")},
        {"in": "2"},
        IN_CHANGED,
    ),
    **{
        f"linked by {kind}": Construct(
            {},
            {"one": "new", "many/deep/b": "new"},
            {"one.dvc": {"changed output one"}, "many.dvc": {"changed output many"}},
            begin=_linked(kind),
        )
        for kind in ("copy", "hardlink", "symlink", "reflink,copy")
    },
    "import": Construct(
        {},
        {"data.txt": "mine"},
        {"data.txt.dvc": {"changed output data.txt"}},
        begin=_imported("import", "-q", "{outside}/repository", "data.txt"),
    ),
    "import of a folder": Construct(
        {},
        {"many/a": None},
        {"many.dvc": {"changed output many"}},
        begin=_imported("import", "-q", "{outside}/repository", "many"),
    ),
    "import-url": Construct(
        {},
        {"got.txt": "mine", "../../outside/for-url.txt": "2"},
        {"got.txt.dvc": {"changed output got.txt"}},
        begin=_imported("import-url", "-q", "../../outside/for-url.txt", "got.txt"),
    ),
    "import-url that is not frozen": Construct(
        {},
        {"../../outside/for-unfrozen.txt": "2"},
        {"got.txt.dvc": {"changed dep ../outside/for-unfrozen.txt"}},
        begin=_unfrozen,
    ),
    "a dep outside": Construct(
        {"dvc.yaml": stage("cmd: touch out\ndeps: [../../outside/for-dep.txt]\nouts: [out]")},
        {"../../outside/for-dep.txt": "2"},
        {"dvc.yaml:s": {"changed dep ../outside/for-dep.txt"}},
    ),
    "an output outside": Construct(
        {
            "in": "1",
            "dvc.yaml": stage(
                "cmd: cp in ../../outside/made.txt\ndeps: [in]\n"
                "outs: [../../outside/made.txt: {cache: false}]"
            ),
        },
        {"../../outside/made.txt": "2"},
        {"dvc.yaml:s": {"changed output ../outside/made.txt"}},
    ),
}


def build(place: Path) -> Folder:
    """The repository with all constructs, run, in one commit."""
    place.mkdir(parents=True)
    outside = Folder(place.parent / "outside")
    for name in ("url", "unfrozen", "dep"):
        outside.write(f"for-{name}.txt", "1")
    _source(Folder(outside / "repository"))
    root = Folder(place)
    root.git("init", "-q", "-b", "main")
    root.dvc("init", "-q")
    root.write(
        ".dvc/config", "[core]\n    autostage = false\n['remote \"elsewhere\"']\n    url = ../elsewhere\n"
    )
    for name, construct in CONSTRUCTS.items():
        (root / name).mkdir()
        construct.begin(Folder(place / name))
    for name, construct in CONSTRUCTS.items():
        for path, text in construct.files.items():
            root.write(f"{name}/{path}", text)
    added = [f"{name}/{path}" for name, construct in CONSTRUCTS.items() for path in construct.add]
    root.dvc("add", "-q", *added)
    root.dvc("repro", "-q", "--all-pipelines")
    for name, construct in CONSTRUCTS.items():
        construct.finish(Folder(place / name))
    root.commit("Everything there is")
    return root


def _source(repository: Folder) -> None:
    """The repository that others import from."""
    repository.write("data.txt", "theirs")
    repository.write("many/a", "a")
    repository.write("many/b", "b")
    repository.git("init", "-q", "-b", "main")
    repository.dvc("init", "-q")
    repository.dvc("add", "-q", "data.txt", "many")
    repository.commit("Data")


def edit(root: Folder) -> None:
    """Make every construct's edit."""
    for name, construct in CONSTRUCTS.items():
        for path, text in construct.edit.items():
            (root / f"{name}/{path}").unlink(missing_ok=True)  # it may be a link, or read-only
            if text is not None:
                root.write(f"{name}/{path}", text)


def reasons_by_construct(root: Folder, found: Mapping[str, set[str]]) -> dict[str, Reasons]:
    """Folder -> address in it -> reasons, with paths from the folder."""
    shown: dict[str, Reasons] = {}
    for address, reasons in found.items():
        name, _, rest = address.partition("/")
        shown.setdefault(name, {})[rest] = {
            reason.replace(f"{name}/", "").replace(f"{root.path.parent}/", "../") for reason in reasons
        }
    return shown


def by_construct(found: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Folder -> path in it -> the value."""
    shown: dict[str, dict[str, str]] = {}
    for path, value in found.items():
        name, _, rest = path.partition("/")
        shown.setdefault(name, {})[rest] = value
    return shown
