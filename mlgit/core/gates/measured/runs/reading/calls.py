"""Calls: what the calls of a Python program load or run, and whether that is known before it runs."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlgit.core.gates.measured.programs import is_code
from mlgit.core.gates.measured.runs.reading.commands import INTERPRETER, command_words
from mlgit.core.gates.measured.runs.reading.values import OWN, UNKNOWN, Values
from mlgit.core.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BY_NAME = frozenset({"import_module", "__import__", "run_module"})
_BY_PATH = {"run_path": 0, "CDLL": 0, "LoadLibrary": 0, "addsitedir": 0}
_BY_PATH |= dict.fromkeys(("spec_from_file_location", "SourceFileLoader", "load_source"), 1)
"""Function -> which of its arguments is the path of a program."""
_TEXTS = frozenset({"exec", "eval", "compile"})
_OTHERS = frozenset(
    {"instantiate", "import_string", "import_object", "load_object", "resolve_name", "locate"}
    | {"entry_points", "iter_modules", "walk_packages", "_LazyModule"}
)
"""Functions of Python and of well-known libraries that load code by a name."""
_PROCESSES = re.compile(
    r"subprocess\.\w+|os\.(?:system|popen|exec\w+|spawn\w+|posix_spawn\w*)|asyncio\.create_subprocess_\w+"
)
_DYNAMIC = (
    *("__file__", "import_module", "__import__", "runpy", "exec(", "eval(", "compile(", "subprocess"),
    *("os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn", "from os", "from sys", "sys.path"),
    *("from importlib", "from hydra", "addsitedir", "spec_from_file", "FileLoader", "load_source"),
    *(*sorted(_OTHERS), "CDLL", "LoadLibrary", "lazy"),
    *('.py"', ".py'", '.sh"', ".sh'"),
)
"""What a text has that may load code other than by an import."""
_MODULE = re.compile(r"(\.*)([A-Za-z_][\w.]*)")

_LAZY = frozenset({"attach", "attach_stub"})
"""Functions of `lazy_loader`, which load modules of a package when a program uses them."""

BY_A_NAME = "loads code by a name that is made when it runs"
BY_A_TEXT = "runs code from a text that is made when it runs"
A_COMMAND = "runs a command that is made when it runs"
IN_A_FOLDER = "looks for modules in a folder that is chosen when it runs"


def is_dynamic(text: str) -> bool:
    """Whether a program may load code other than by an import."""
    return any(each in text for each in _DYNAMIC)


class Loaded(NamedTuple):
    """What calls load, as in `Asked`: modules, paths of programs, folders to look in, why it may be more."""

    modules: frozenset[tuple[int, str]] = frozenset()
    paths: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    started: frozenset[str] = frozenset()


def loaded(nodes: Sequence[ast.AST]) -> Loaded:
    """What a program loads other than by imports."""
    values, names = Values(nodes), _names(nodes)
    found = _Found()
    for node in nodes:
        if isinstance(node, ast.Call):
            _of_call(node, values, names, found)
            _of_lazy(node, values, names, found)
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(_is_path(each, names) for each in targets):
                _of_folders(node.value, values, names, found)
        if isinstance(node, (ast.BinOp, ast.JoinedStr, ast.Call)):
            text = values.text(node)
            if is_code(text):
                found.paths.add(text)
    return Loaded(
        modules=frozenset(found.modules),
        paths=frozenset(found.paths),
        folders=frozenset(found.folders),
        unknown=frozenset(found.unknown),
        started=frozenset(found.started),
    )


class _Found:
    def __init__(self) -> None:
        self.modules: set[tuple[int, str]] = set()
        self.paths: set[str] = set()
        self.folders: set[str] = set()
        self.unknown: set[str] = set()
        self.started: set[str] = set()


def _names(nodes: Sequence[ast.AST]) -> dict[str, str]:
    """Name -> the module or function that a program imports by it."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {each.asname: each.name for each in node.names if each.asname}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def _full(node: ast.AST, names: dict[str, str]) -> str:
    """The full name of a function, such as `subprocess.run`."""
    if isinstance(node, ast.Attribute):
        return f"{_full(node.value, names)}.{node.attr}"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _is_path(node: ast.AST, names: dict[str, str]) -> bool:
    """Whether an expression is the folders where Python looks for modules, or a part of them."""
    value = node.value if isinstance(node, ast.Subscript) else node
    return _full(value, names) == "sys.path"


def _of_call(node: ast.Call, values: Values, names: dict[str, str], found: _Found) -> None:
    full = _full(node.func, names)
    last = full.rpartition(".")[2]
    if last in BY_NAME:
        _of_module(node, values, found)
    elif last in _BY_PATH:
        given = node.args[_BY_PATH[last] :][:1] or [each.value for each in node.keywords if each.arg]
        texts = [values.text(each) for each in given[:1]]
        found.paths |= {*texts}
        if any(_is_open(each) for each in texts):
            found.unknown.add(BY_A_NAME)
    elif full in _TEXTS:
        texts = [
            values.text(each)
            for each in ast.walk(node)
            if isinstance(each, (ast.Constant, ast.Name, ast.BinOp))
        ]
        is_known = UNKNOWN not in values.text(node.args[0]) if node.args else True
        if not is_known and not any(is_code(each) for each in texts):
            found.unknown.add(BY_A_TEXT)
    elif last in _OTHERS:
        texts = [values.text(each) for each in node.args[:1]]
        found.modules |= {(0, each) for each in texts if UNKNOWN not in each}
        if not texts or any(UNKNOWN in each for each in texts):
            found.unknown.add(BY_A_NAME)
    elif _PROCESSES.fullmatch(full):
        _of_process(node, values, found)
    elif full in {"sys.path.insert", "sys.path.append", "sys.path.extend"} and node.args:
        _of_folders(node.args[-1], values, names, found)


def _of_module(node: ast.Call, values: Values, found: _Found) -> None:
    text = values.text(node.args[0]) if node.args else UNKNOWN
    if match := _MODULE.fullmatch(text):
        found.modules.add((len(match[1]), match[2]))
    else:
        found.unknown.add(BY_A_NAME)


def _of_lazy(node: ast.Call, values: Values, names: dict[str, str], found: _Found) -> None:
    """The modules of its own package that a program lets `lazy_loader` load."""
    start, _, last = _full(node.func, names).rpartition(".")
    if last not in _LAZY or "lazy" not in start:
        return
    if last == "attach_stub":  # they are in the types of the package
        found.paths.add(f"{OWN}/__init__.pyi")
        return
    given = [*node.args[1:], *(each.value for each in node.keywords)]
    for each in map(values.value, given):
        parts = filter(None, each.keys) if isinstance(each, ast.Dict) else _parts(each, values)
        texts = [values.text(part) for part in parts]
        found.modules |= {(1, text) for text in texts if UNKNOWN not in text}
        if any(UNKNOWN in text for text in texts):
            found.unknown.add(BY_A_NAME)


def _of_folders(node: ast.expr, values: Values, names: dict[str, str], found: _Found) -> None:
    """Folders that are added to those where Python looks for modules."""
    node = values.value(node)
    for each in _parts(node, values):
        if _is_path(each, names):
            continue
        text = values.text(each)
        if UNKNOWN in text:
            found.unknown.add(IN_A_FOLDER)
        else:
            found.folders.add(text)


def _parts(node: ast.expr, values: Values) -> Iterator[ast.expr]:
    """The parts of a list, also one that is put together of others; each of these once."""
    waiting, seen = [node], set[int]()
    while waiting:
        part = values.value(waiting.pop(0))
        is_list = isinstance(part, (ast.List, ast.Tuple))
        is_sum = isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add) and UNKNOWN in values.text(part)
        if not is_list and not is_sum:
            yield part
        elif id(part) not in seen:
            seen.add(id(part))
            inner = part.elts if isinstance(part, (ast.List, ast.Tuple)) else []
            inner = [part.left, part.right] if isinstance(part, ast.BinOp) else inner
            waiting = [*(each.value if isinstance(each, ast.Starred) else each for each in inner), *waiting]


def _of_process(node: ast.Call, values: Values, found: _Found) -> None:
    given = (
        node.args[:1]
        if _full(node.func, {}).endswith(("run", "call", "output", "Popen", "system"))
        else node.args
    )
    given = given or [each.value for each in node.keywords if each.arg == "args"]
    texts = [values.text(each) for part in given for each in _parts(part, values)]
    words = texts if len(texts) > 1 else [word for text in texts for word in command_words(text)]
    found.paths |= {each for each in words if is_code(each)}
    found.started |= {*[each for each in words if each.endswith(".py")][:1]}
    if not words or _is_open(words[0]):
        found.unknown.add(A_COMMAND)
    elif INTERPRETER.fullmatch(words[0].rpartition("/")[2]):
        known = any(is_code(each) and not _is_open(each) for each in words)
        by_option = any(each in {"-m", "-c"} for each in words[:-1]) and not any(
            UNKNOWN in each for each in words[1:3]
        )
        if not known and not by_option:
            found.unknown.add(A_COMMAND)


def _is_open(text: str) -> bool:
    """Whether it is not known which program a text names: not even the end of its path."""
    _, mark, end = text.rpartition(UNKNOWN)
    return bool(mark) and not (end.startswith("/") and is_code(end))
