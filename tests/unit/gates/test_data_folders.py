"""Links, submodules and other bytes in folders that stages read are other data; programs there are not."""

from __future__ import annotations

import pytest

from mlgit.core.pipeline.stages import Pipeline
from tests.support.measured_data import MODEL, Hashes, side, stage, texts

MAY_BE = "The numbers may have been computed on different data"
POOL = "pool/rows.csv"
LINK = {"tests/more@": POOL}
LED = "what the link `tests/more@` leads to changed"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (LINK | {POOL: "a"}, LINK | {POOL: "a"}, None),
        (LINK | {POOL: "a"}, LINK | {POOL: "b"}, LED),
        (LINK | {POOL: "a"}, {"tests/more@": "other.csv", "other.csv": "b"}, LED),
        (LINK | {POOL: "a"}, {"tests/more@": "other.csv", "other.csv": "a"}, None),
        ({}, LINK, "the link `tests/more@` is new"),
        (LINK, {}, "the link `tests/more@` is gone"),
        # to the model, which is not data
        ({"tests/more@": MODEL, MODEL: "a"}, {"tests/more@": MODEL, MODEL: "b"}, None),
        # to a folder: its files count, also behind its own links, and its programs do not
        (
            {"tests/more@": "pool", POOL: "a", "pool/x.py": "a"},
            {"tests/more@": "pool", POOL: "a", "pool/x.py": "b"},
            None,
        ),
        ({"tests/more@": "pool", POOL: "a"}, {"tests/more@": "pool", POOL: "b"}, LED),
        (
            {"tests/more@": "pool", "pool/x@": "far.csv", "far.csv": "a", "pool/back@": "tests"},
            {"tests/more@": "pool", "pool/x@": "far.csv", "far.csv": "b", "pool/back@": "tests"},
            LED,
        ),
        # into a submodule
        ({"tests/more@": "sub&/x.csv", "sub&": "a"}, {"tests/more@": "sub&/x.csv", "sub&": "b"}, LED),
    ],
)
@pytest.mark.parametrize("dep", ["same hash", "another hash", "with what a stage makes"])
def test_what_is_behind_a_link_in_a_folder(old: Hashes, new: Hashes, text: str | None, dep: str) -> None:
    files = old | {"tests/a.py": "a"}, new | {"tests/a.py": "a" if dep == "same hash" else "b"}
    if dep == "with what a stage makes":
        made = stage("more", {"raw.csv": "r"}, {"tests/made.csv": "m"})
        sides = [side({"tests": hash_}) for hash_ in ("x/", "y/")]
        old_, new_ = (Pipeline(stages=(*each.stages, made)) for each in sides)
    else:
        old_, new_ = side({"tests": "x/"}), side({"tests": "x/" if dep == "same hash" else "y/"})
    found = texts(old_, new_, files)
    if dep != "same hash" and text is not None:
        text = text.replace("the link `tests/more@` is", "`tests/more@` is")
    assert found == ([] if text is None else [text])


@pytest.mark.parametrize(("clean", "text"), [("c", []), ("d", [LED, "`data/clean.csv` changed"])])
def test_data_of_a_stage_behind_a_link_is_compared_by_its_record(clean: str, text: list[str]) -> None:
    link = {"tests/more@": "data/clean.csv", "tests/a.py": "a"}
    old = side({"tests": "x/", "data/clean.csv": "c"})
    new = side({"tests": "y/", "data/clean.csv": clean}, clean=clean)
    assert texts(old, new, (link, link | {"tests/a.py": "b"})) == ([", ".join(text)] if text else [])


@pytest.mark.parametrize(
    ("now", "text"),
    [("b", "what the link `tests/more@` leads to is not in Git"), ("a", "`tests` changed")],
)
def test_programs_do_not_explain_what_git_does_not_have(now: str, text: str) -> None:
    link = {"tests/more@": "/mnt/rows.csv", "tests/a.py": "a"}
    assert texts(side({"tests": "x/"}), side({"tests": "y/"}), (link, link | {"tests/a.py": now})) == [text]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ({"a.sub&": "1"}, {"a.sub&": "2"}, "the submodule `tests/a.sub&` is at another commit"),
        ({"&a.py": "1"}, {"&a.py": "2"}, "the submodule `tests/&a.py` is at another commit"),
        ({"a.sub&": "1"}, {}, "the submodule `tests/a.sub&` is gone"),
        ({}, {"a.sub&": "1"}, "the submodule `tests/a.sub&` is new"),
        ({"a.sub&": "1"}, {"a.sub&": "1"}, None),
        ({".gitignore": "a"}, {".gitignore": "b"}, None),
    ],
)
@pytest.mark.parametrize("made", [False, True])
def test_a_submodule_in_a_folder_is_data(old: Hashes, new: Hashes, text: str | None, *, made: bool) -> None:
    files = [
        {f"tests/{name}": each[name] for name in each} for each in (old | {"x.py": "a"}, new | {"x.py": "b"})
    ]
    sides = [side({"tests": hash_}) for hash_ in ("x/", "y/")]
    if made:
        more = stage("more", {"raw.csv": "r"}, {"tests/made.csv": "m"})
        sides = [Pipeline(stages=(*each.stages, more)) for each in sides]
    assert texts(sides[0], sides[1], (files[0], files[1])) == ([] if text is None else [text])


@pytest.mark.parametrize(
    ("name", "now", "text"),
    [
        ("tests/rows.csv", "tests/rows.csv", "Git checks out `tests/rows.csv` differently"),
        ("tests/rows.csv", "other.csv", None),
        ("tests/rows.py", "tests/rows.py", None),
    ],
)
def test_bytes_that_an_attribute_of_git_changes(name: str, now: str, text: str | None) -> None:
    old, new = (
        {name: "a", "tests/x.py": each, ".gitattributes": value} for each, value in (("a", ""), ("b", now))
    )
    sides = side({"tests": "x/"}), side({"tests": "y/"})
    assert texts(*sides, (old, new)) == ([] if text is None else [text])


@pytest.mark.parametrize(
    ("made", "files", "text"),
    [
        ("c", ({}, {}), ["`data` changed"]),
        ("c", ({"data/x.py": "a"}, {"data/x.py": "b"}), []),
        ("c", ({"data/.gitignore": "a"}, {"data/.gitignore": "b"}), []),
        ("d", ({}, {}), ["`data/clean.csv` changed"]),
    ],
)
def test_another_record_of_a_folder_in_which_a_stage_makes_something(
    made: str, files: tuple[Hashes, Hashes], text: list[str]
) -> None:
    assert texts(side({"data": "x/"}), side({"data": "y/"}, clean=made), files) == text


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ({"tests/README.md": "a"}, {"tests/README.md": "b"}, None),
        ({"tests/x/.editorconfig": "a"}, {"tests/x/.editorconfig": "b"}, None),
        ({"tests/README": "a", "tests/LICENSE": "a"}, {"tests/README": "b", "tests/LICENSE": "b"}, None),
        # next to data of its format
        (
            {"tests/README.md": "a", "tests/case.md": "a"},
            {"tests/README.md": "b", "tests/case.md": "a"},
            "`tests/README.md` changed",
        ),
        (
            {"tests/README": "a", "tests/rows": "a"},
            {"tests/README": "b", "tests/rows": "a"},
            "`tests/README` changed",
        ),
        ({}, {"tests/README.md": "b"}, f"{MAY_BE}: `tests/README.md` is new"),
        ({"tests/README.md": "b"}, {}, f"{MAY_BE}: `tests/README.md` is gone"),
        ({}, {"tests/README": "b", "tests/b.csv": "b"}, "`tests/README` is new, `tests/b.csv` is new"),
        # next to other data
        (
            {"tests/README.md": "a", "tests/b.csv": "a"},
            {"tests/README.md": "b", "tests/b.csv": "b"},
            "`tests/b.csv` changed",
        ),
    ],
)
@pytest.mark.parametrize("dep", ["with its own hash", "with what a stage makes"])
def test_what_is_written_for_people_does_not_count_in_a_folder(
    old: Hashes, new: Hashes, text: str | None, dep: str
) -> None:
    files = old | {"tests/a.csv": "a"}, new | {"tests/a.csv": "a"}
    sides = side({"tests": "x/"}), side({"tests": "y/"})
    if dep == "with what a stage makes":
        made = stage("more", {"raw.csv": "r"}, {"tests/made.csv": "m"})
        sides = Pipeline(stages=(*sides[0].stages, made)), Pipeline(stages=(*sides[1].stages, made))
    assert texts(*sides, files) == ([] if text is None else [text])


@pytest.mark.parametrize(
    ("name", "others", "text"),
    [
        # all that the folder has
        *((name, {}, "changed") for name in ("README.md", "LICENSE", "History.txt", "changes.txt")),
        ("LICENSE", {"tests/x.py": "a"}, "changed"),
        ("LICENSE", {"tests/README.md": "a"}, "changed"),
        ("LICENSE", {"tests/x.bin": "a"}, None),
        # a text as data has it
        *((name, {"tests/x.bin": "a"}, "changed") for name in ("history.txt", "x/notice", "security.txt")),
        *(
            (name, {"tests/x.bin": "a"}, None)
            for name in ("History.txt", "x/NOTICE", ".gitkeep", "license.md")
        ),
    ],
)
def test_a_text_counts_where_it_may_be_the_data_of_its_folder(
    name: str, others: Hashes, text: str | None
) -> None:
    files = {f"tests/{name}": "a"} | others, {f"tests/{name}": "b"} | others
    found = texts(side({"tests": "x/"}), side({"tests": "y/"}), files)
    assert found == ([] if text is None else [f"{MAY_BE}: `tests/{name}` {text}"])


def test_what_stages_make_in_a_folder_is_data_next_to_a_text_about_it() -> None:
    made = stage("more", {"raw.csv": "r"}, {"tests/made.csv": "m"})
    before, after = (Pipeline(stages=(*side({"tests": each}).stages, made)) for each in ("x/", "y/"))
    assert texts(before, after, ({"tests/README.md": "a"}, {"tests/README.md": "b"})) == []


@pytest.mark.parametrize("new", [{"tests/README.md": "x"}, {"tests": "y/"}])
def test_a_file_for_people_that_a_stage_declares_is_data(new: Hashes) -> None:
    files = {"tests/README.md": "a"}, {"tests/README.md": "b"}
    found = ", ".join(texts(side({"tests/README.md": "r"}), side(new), files))
    assert found.startswith("`tests/README.md` changed")


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("content", ["a", "b"])
def test_data_of_a_folder_that_a_stage_claims_to_make_has_another_owner(
    content: str, *, tracked: bool
) -> None:
    own: Hashes = {"tests/a.csv": "t"} if tracked else {}
    old, new = side({"tests": "x/"}, tracked=own), side({"tests": "y/"})
    clean, *others = new.stages
    claimed = stage("clean", {"data/raw.csv": "r"}, {"data/clean.csv": "c", "tests/a.csv": content})
    files = {} if tracked else {"tests/a.csv": "a"}, {"tests/a.csv": content}
    was = "tracked by `tests/a.csv.dvc`" if tracked else "a file in Git"
    (found, *_) = texts(old, Pipeline(stages=(claimed._replace(cmd=clean.cmd), *others)), files)
    assert found.startswith(f"`tests/a.csv` was {was}; it is now made by stage `clean`")
