"""Moved: a dependency at another place, and what only looks like it."""

from __future__ import annotations

import pytest

from mlgit.core.pipeline.inputs import Places
from mlgit.core.pipeline.moved import moved_files

A, B, C = b"a\nb\nc\n", b"1\n2\n3\n", b"x\ny\nz\n"
SRC = {"src/a.py": A, "src/b.py": B, "src/sub/c.py": C, "src/__init__.py": b"\n", "lib/a.py": A}


def side(files: dict[str, bytes], data: str = "") -> Places:
    folders = {path[:at] for path in files for at, char in enumerate(path) if char == "/"}
    return Places(
        file={*files, *folders}.__contains__,
        data=data.__eq__,
        paths=lambda: frozenset(files),
        read=lambda paths: {path: files[path] for path in paths},
    )


def moved(to: str, **changes: bytes | None) -> dict[str, bytes]:
    """The files of `src` in another folder, some of them edited or removed; a name without a dot is `.py`."""
    files = {path.replace("src/", f"{to}/"): text for path, text in SRC.items()}
    for name, text in changes.items():
        path = f"{to}/{name}.py"
        del files[path]
        files |= {} if text is None else {path: text}
    return files


@pytest.mark.parametrize(
    ("new", "deps", "name"),
    [
        (moved("code"), ["code"], "code"),
        (moved("code"), ["other", "code/a.py", "code/b.py", "code/sub"], "code/a.py, code/b.py, code/sub"),
        (moved("lib/deep"), ["lib"], "lib"),
        (moved("code", a=A + b"d\n"), ["code"], "code"),
        (moved("code", a=C + B), ["code"], "code"),
        (moved("code", b=None), ["code"], "code"),
        (moved("code", a=C + B, b=C + B), ["code"], None),
        (moved("code", a=None, b=None), ["code"], None),
        (moved("code"), ["code/a.py"], None),
        (moved("code"), ["data"], None),
        (moved("code"), [], None),
        (moved("code") | {"hidden/z.py": A}, ["code"], None),
        (moved("code", a=None) | {"hidden/a.py": A + b"d\n"}, ["code"], None),
        (moved("code") | {"hidden/__init__.py": b"\n", "README": b"hello"}, ["code"], "code"),
        (moved("code") | {"src/d.py": b"new"}, ["code"], None),
        ({"lib/a.py": A}, ["lib"], None),
        (SRC, ["lib"], None),
    ],
)
def test_a_folder_moved_if_most_of_it_came_to_dependencies_and_nothing_elsewhere(
    new: dict[str, bytes], deps: list[str], name: str | None
) -> None:
    found = moved_files(["src"], deps, before=side(SRC), now=side(new))
    assert found == ({} if name is None else {"src": name})


@pytest.mark.parametrize(
    ("text", "path", "is_moved"),
    [
        (A, "new/a.py", True),
        (A, "new/z.py", True),
        (b"a\nb\nd\n", "new/a.py", True),
        (b"a\nb\nd\n", "new/z.py", False),
        (b"a\nd\ne\n", "new/a.py", False),
        (A + A + b"d\n", "new/a.py", False),
        (b"", "new/a.py", False),
    ],
)
def test_an_edited_file_is_known_by_its_name_and_lines(text: bytes, path: str, *, is_moved: bool) -> None:
    old, new = side({"a.py": A}), side({path: text})
    assert moved_files(["a.py"], ["new"], before=old, now=new) == ({"a.py": "new"} if is_moved else {})


def test_each_file_is_the_new_name_of_one_and_data_is_known_by_its_hash_alone() -> None:
    old = side({"a.py": A, "b.py": A})
    assert moved_files(["a.py", "b.py"], ["c.py"], before=old, now=side({"c.py": A})) == {"a.py": "c.py"}
    held = side({"data/x.dvc": A}, data="data")
    assert moved_files(["data"], ["new"], before=held, now=side({"new/x.dvc": A})) == {}


LONG = b"".join(b"line %d\n" % number for number in range(10))
LINES = LONG.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("path", "text", "is_moved"),
    [
        ("new/z.py", b"# A remark\n" + b"".join(LINES[1:]), True),
        ("new/z.py", b"".join([*LINES[2:], *LINES[2:4]]), True),
        ("new/z.py", b"".join(LINES[3:]), False),
        ("new/z.py", LONG + LONG, False),
        ("new/z.csv", b"# A remark\n" + b"".join(LINES[1:]), False),
        ("other/z.py", b"# A remark\n" + b"".join(LINES[1:]), False),
    ],
)
def test_a_file_with_another_name_has_nearly_all_the_lines(path: str, text: bytes, *, is_moved: bool) -> None:
    old, new = side({"a.py": LONG}), side({path: text})
    assert moved_files(["a.py"], ["new"], before=old, now=new) == ({"a.py": "new"} if is_moved else {})
    assert moved_files(["a.py"], ["new"], before=old, now=new, edited=False) == {}


@pytest.mark.parametrize(
    ("before", "after", "deps", "is_moved"),
    [
        (A, A + LONG, ["b.py"], True),
        (A, A + b"".join(LINES[1:]), ["b.py"], True),
        (A, A + b"".join(LINES[3:]), ["b.py"], False),
        (A + LONG, A + LONG, ["b.py"], False),  # it had them before
        (A, A + LONG, ["c.py"], False),
        (A, A + LONG, [], False),
        (None, A + LONG, ["b.py"], False),
    ],
)
def test_a_file_may_be_taken_in_by_one_that_was_there(
    before: bytes | None, after: bytes, deps: list[str], *, is_moved: bool
) -> None:
    old = side({"a.py": LONG, "c.py": A} | ({} if before is None else {"b.py": before}))
    found = moved_files(["a.py"], deps, before=old, now=side({"b.py": after, "c.py": A}))
    assert found == ({"a.py": "b.py"} if is_moved else {})
