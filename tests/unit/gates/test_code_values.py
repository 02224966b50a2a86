"""The texts that expressions of a program put together, with a mark for what is not known."""

from __future__ import annotations

import ast

import pytest

from mlgit.core.gates.measured.runs.reading.values import OWN, UNKNOWN, Values, place

TEXTS = {
    "'a' 'b'": "ab",
    "TOP": "lib",
    "TWICE": UNKNOWN,
    "f'{TOP}/a.py'": "lib/a.py",
    "f'{TOP:>9}/a.py'": f"{UNKNOWN}/a.py",
    "TOP + '/' + name": f"lib/{UNKNOWN}",
    "'%s/a-%03d.py' % (top, 1)": f"{UNKNOWN}/a-{UNKNOWN}.py",
    "'{}/{name}.py'.format(top)": f"{UNKNOWN}/{UNKNOWN}.py",
    "TOP * 2": UNKNOWN,
    "','.join(['a'])": UNKNOWN,
    "Path(TOP) / 'a.py'": "lib/a.py",
    "Path('a', '/b').joinpath('c')": "/b/c",
    "Path()": UNKNOWN,
    "str(Path(TOP).resolve())": "lib",
    "str()": UNKNOWN,
    "os.path.join(os.getcwd(), TOP)": "./lib",
    "Path('lib/a.py').with_name('b.py')": "lib/b.py",
    "os.path.dirname(os.path.dirname(__file__))": f"{OWN}/..",
    "Path(__file__).parent.parent.parent": f"{OWN}/../..",
    "Path(__file__).parents[1]": f"{OWN}/..",
    "Path(name).parent": UNKNOWN,
    "Path('a').parent": ".",
    "sys.executable": "python",
    "conf.path": UNKNOWN,
    "paths[0]": UNKNOWN,
    "1": UNKNOWN,
}


@pytest.mark.parametrize("expression", TEXTS)
def test_what_an_expression_is(expression: str) -> None:
    tree = ast.parse(f"TOP = 'lib'\nTWICE = 'a'\nTWICE = 'b'\nx = {expression}")
    *_, last = tree.body
    assert isinstance(last, ast.Assign)
    assert Values(ast.walk(tree)).text(last.value) == TEXTS[expression]


@pytest.mark.parametrize(
    "lines",
    [
        ["a0 = 'a'", *(f"a{each} = a{each - 1} + a{each - 1}" for each in range(1, 60))],
        ["a59 = 'a' + a59"],
        ["a59 = " + "(" * 80 + "'a'" + " + 'a')" * 80],
    ],
)
def test_a_text_that_grows_or_is_deep_is_not_known(lines: list[str]) -> None:
    nodes = [*ast.walk(ast.parse("\n".join((*lines, "x = a59"))))]
    values = Values(nodes)
    texts = [values.text(node) for node in nodes if isinstance(node, ast.expr)]
    assert UNKNOWN in values.text(ast.Name(id="x"))
    assert max(map(len, texts)) <= 4_000


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"{OWN}/../lib/a.py", "lib/a.py"),
        (OWN, "src"),
        ("a.py", "work/a.py"),
        ("../a.py", "a.py"),
        ("/srv/a.py", "/srv/a.py"),
    ],
)
def test_a_path_is_from_the_program_or_from_where_it_runs(path: str, found: str) -> None:
    assert place(path, "src", "work") == found
