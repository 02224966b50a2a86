"""Caches in other processes: what a warm cache need not import, and two writers at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_a_cached_file_loads_neither_yaml_nor_jsonschema(tmp_path: Path) -> None:
    (tmp_path / "mlgit.yaml").write_text("version: 1\ngates: {g: {metric: a, min: 1}}\n", encoding="utf-8")
    code = (
        "import sys; from mlgit.adapters.config.loader import load\n"
        "content = open('mlgit.yaml', 'rb').read()\n"
        "print(load(content, name='mlgit.yaml', cache_dir='cache').gates['g'].minimum)\n"
        "print('yaml' in sys.modules, 'jsonschema' in sys.modules)\n"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert runs == [["1", "True", "True"], ["1", "False", "False"]]


def test_two_concurrent_writers_leave_a_whole_index(tmp_path: Path) -> None:
    code = (
        "import os, sys; from mlgit.adapters.dvc.data.fingerprints import Index\n"
        "for turn in range(50):\n"
        "    index = Index(sys.argv[1])\n"
        "    for number in range(200):\n"
        "        index.learn_file(f'{sys.argv[2]}{number}', (1, 0, 0, turn), '0' * 32,\n"
        "                         legacy=False, looked_ns=10**18)\n"
        "    index.save()\n"
        "    assert Index(sys.argv[1])._files or not os.path.exists(Index(sys.argv[1]).folder + '/index')\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in ("a", "b")]
    assert [each.wait() for each in running] == [0, 0]
    assert os.listdir(tmp_path / "mlgit/status") == ["index"]
