"""Layout: the sizes of folders, files and functions, and file names that say nothing."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "mlgit").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
MOST_MODULES, MOST_LINES, MOST_LINES_OF_A_FUNCTION, MOST_LINES_OF_A_TEST = 12, 300, 40, 400
# Other folders have one file per command.
FLOORS = ("core", "project", "adapters")
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def longer(paths: list[Path], most: int) -> dict[str, int]:
    """The files with too many lines."""
    lengths = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return {path: length for path, length in lengths.items() if length > most}


def long_functions(source: str) -> dict[str, int]:
    """The functions with too many lines, docstring included."""
    nodes = ast.walk(ast.parse(source))
    functions = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    return {name: length for name, length in lengths.items() if length > MOST_LINES_OF_A_FUNCTION}


def test_a_folder_has_few_modules() -> None:
    paths = [path for path in MODULES if path.name != "__init__.py"]
    folders = Counter(shown(path.parent) for path in paths if path.relative_to(ROOT).parts[1] in FLOORS)
    assert len(folders) > len(FLOORS)
    assert {folder: number for folder, number in folders.items() if number > MOST_MODULES} == {}


def test_a_module_is_short() -> None:
    assert longer(MODULES, MOST_LINES) == {}


def test_a_function_is_short() -> None:
    found = {shown(path): long_functions(path.read_text(encoding="utf-8")) for path in MODULES}
    assert {path: functions for path, functions in found.items() if functions} == {}


def test_a_test_file_is_short() -> None:
    assert longer(TESTS, MOST_LINES_OF_A_TEST) == {}


def says_nothing(path: str) -> bool:
    """Whether a part of the path has an empty word, as `git_utils`, or a number, as `digest_2`."""
    words = re.split(r"[/_.]", path)
    return bool(EMPTY_NAMES & set(words)) or bool(re.search(r"_\d+(?:\.py)?(?:/|$)", path))


def test_no_file_has_a_name_that_says_nothing() -> None:
    paths = [*MODULES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    assert [shown(path) for path in paths if says_nothing(shown(path))] == []
    assert all(
        map(says_nothing, ("a/utils.py", "a/git_utils.py", "common/b.py", "a/digest_2.py", "a_2/b.py"))
    )
    assert not says_nothing("mlgit/core/commonly.py")


def test_every_folder_of_the_package_is_a_package() -> None:
    # import-linter does not see a folder without `__init__.py`. The demo's project is a user's, not ours.
    folders = {path.parent for path in MODULES if "demo/project" not in shown(path)}
    assert [shown(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_long_functions_and_files_are_found() -> None:
    body = "    pass\n" * MOST_LINES_OF_A_FUNCTION
    assert long_functions(f"def long():\n{body}") == {"long": MOST_LINES_OF_A_FUNCTION + 1}
    assert long_functions("def short():\n    pass\n") == {}
    assert longer([Path(__file__)], 10).keys() == {shown(Path(__file__))}


def test_a_unit_test_starts_no_process() -> None:
    sources = {shown(path): path.read_text(encoding="utf-8") for path in (ROOT / "tests/unit").rglob("*.py")}
    assert len(sources) > len(FLOORS)
    spawns = re.compile(r"^\s*(?:import|from) (?:subprocess|multiprocessing)\b", re.MULTILINE)
    assert [path for path, source in sources.items() if spawns.search(source)] == []
