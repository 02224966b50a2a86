"""Small files that mean very much are refused before any work, with the file, the line and a hint."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.unit.test_yaml_aliases import doubled

if TYPE_CHECKING:
    from tests.support.shell import Folder

MANY = "[" + ", ".join(map(str, range(40))) + "]"
STAGES = "stages:\n  wide:\n"
HUGE = {
    "a matrix": (
        {
            "dvc.yaml": STAGES
            + "    matrix: {"
            + ", ".join(f"k{n}: {MANY}" for n in range(9))
            + "}\n    cmd: x\n"
        },
        "dvc.yaml:2",
        "shorten its lists",
    ),
    "a matrix of variables": (
        {
            "dvc.yaml": STAGES
            + "    matrix: {"
            + ", ".join(f"k{n}: '${{many}}'" for n in range(9))
            + "}\n    cmd: x\n",
            "params.yaml": f"many: {MANY}\n",
        },
        "dvc.yaml:2",
        "shorten its lists",
    ),
    "foreach with many items": (
        {"dvc.yaml": STAGES + f"    foreach: {[1] * 250_000}\n    do: {{cmd: 'x ${{item}}'}}\n"},
        "dvc.yaml:2",
        "shorten its lists",
    ),
    "foreach with long lists": (
        {
            "dvc.yaml": STAGES + "    foreach: ${many}\n    do:\n      cmd: x ${item} ${all.d}\n",
            "params.yaml": f"many: {[f's{n}' for n in range(3000)]}\nall: {{d: {'word' * 30_000}}}\n",
        },
        "dvc.yaml:2",
        "shorten its lists",
    ),
    "aliases in dvc.yaml": (
        {"dvc.yaml": doubled("[%, %]", first="[1]") + STAGES + "    cmd: x\n"},
        "dvc.yaml:",
        "instead of the alias",
    ),
    "aliases in variables": (
        {"dvc.yaml": STAGES + "    cmd: x ${a0}\n", "params.yaml": doubled("{l: %, r: %}")},
        "params.yaml:",
        "instead of the alias",
    ),
    "aliases in a .dvc file": (
        {"raw.dvc": doubled("{l: %, r: %}") + "outs:\n- path: raw\n"},
        "raw.dvc:",
        "instead of the alias",
    ),
    "aliases in dvc.lock": (
        {"dvc.lock": "schema: '2.0'\n" + doubled("{l: %, r: %}") + "stages: *a29\n"},
        "dvc.lock:",
        "instead of the alias",
    ),
    "aliases in mlgit.yaml": ({"mlgit.yaml": doubled("{l: %, r: %}")}, "mlgit.yaml:1", ""),
}


@pytest.mark.parametrize("case", HUGE)
def test_a_file_that_means_too_much_is_refused_with_its_line(small: Folder, case: str) -> None:
    files, place, hint = HUGE[case]
    for name, text in files.items():
        small.write(name, text)
    small.here("--version")  # the time of importing is not the file's
    started = time.monotonic()
    done = small.here("check")
    assert time.monotonic() - started < 20  # DVC fills in the stages of `foreach` one by one
    assert done.status == Exit.CONFIG, done.out + done.err
    assert place in done.err
    assert hint in done.err


def test_aliases_of_a_sensible_size_are_read_as_before(small: Folder) -> None:
    small.write(
        "params.yaml", "base: &base {lr: 0.1, deep: [1, 2]}\nlong: {<<: *base, lr: 0.2}\nagain: *base\n"
    )
    text = (small / "dvc.yaml").read_text()
    small.write("dvc.yaml", text + "params: [params.yaml]\n")
    small.commit("Aliases")
    small.write("params.yaml", (small / "params.yaml").read_text().replace("0.2", "0.3"))
    done = small.here("diff", "--json")
    assert done.status == Exit.DONE, done.err
    assert "long.lr" in done.out
