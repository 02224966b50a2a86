"""Source code counts as a program; settings, lists of packages and data do not."""

from __future__ import annotations

import pytest

from mlgit.core.gates.measured.programs import is_about, is_program


@pytest.mark.parametrize(
    "path",
    ["a.py", "src/A.R", "a.ipynb", "q.sql", "x/run.sh", "k.cu", "a.h", "Makefile", "sub/Dockerfile", "a.js"],
)
def test_source_code_is_a_program(path: str) -> None:
    assert is_program(path)


@pytest.mark.parametrize(
    "path",
    [
        # settings
        *("eval.cfg", "eval.ini", "eval.toml", "eval.yaml", "eval.json", ".env", "pyproject.toml"),
        *("package.json", "mlgit.yaml", "dvc.yaml", "setup.cfg"),
        # lists of packages
        *("requirements.txt", "requirements-eval.txt", "uv.lock", "rows.lock"),
        # data, also with the name of a program's folder
        *("rows.ts", "rows.csv", "a.py/rows.csv", "Makefile/rows", "README.md", "rows", "rows.dvc"),
    ],
)
def test_what_a_program_reads_is_not_one(path: str) -> None:
    assert not is_program(path)


@pytest.mark.parametrize(
    ("path", "about"),
    [
        *(
            (name, True)
            for name in ("README", "eval/README.md", "data/readme.rst", "LICENSE", "eval/.gitkeep")
        ),
        *((name, True) for name in ("CHANGELOG.md", ".editorconfig", "CODEOWNERS", "x/CITATION.cff")),
        *(
            (name, False)
            for name in ("README.csv", "README/rows", "eval/readme-cases.md", "notes.md", ".env")
        ),
    ],
)
def test_what_is_written_for_people_is_known_by_its_name(path: str, *, about: bool) -> None:
    assert is_about(path) is about
