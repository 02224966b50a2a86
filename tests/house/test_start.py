"""Start: the modules that mlgit imports, and the modules that are postponed until they are needed."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.__main__ import _clean_docstring
from mlgit.errors import Exit
from tests.support.shell import Folder
from tests.support.templates import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_LINES = st.lists(st.text(alphabet=" \tab\f\\", max_size=8), max_size=6).map("\n".join)


@given(_LINES)
def test_docstrings_are_cleaned_as_inspect_cleans_them(doc: str) -> None:
    assert _clean_docstring(doc) == inspect.cleandoc(doc)


@pytest.mark.parametrize(
    ("without", "more"),
    [
        ("inspect.cleandoc(' a')", "str(inspect.signature(lambda a, *, b: 0)) == '(a, *, b)'"),
        ("gettext.gettext('a tag') == 'a tag'", "gettext.NullTranslations() is not None"),
        ("gettext.ngettext('a', 'b', 1) + gettext.ngettext('a', 'b', 0) == 'ab'", "gettext.textdomain()"),
        ("platform.system() == os.uname().sysname", "platform.python_version() == sys.version.split()[0]"),
        ("locale", "locale.normalize('de_DE') and locale.getencoding()"),
        ("locale", "subprocess.run([sys.executable, '-c', ''], text=True, capture_output=True).stdout == ''"),
        ("copy", "dataclasses.asdict(dataclasses.make_dataclass('E', ['a'])({1})) == {'a': {1}}"),
        ("copy", "copy.deepcopy([1]) == [1]"),
        ("signal.SIGKILL == 9", "signal.Signals(9) is signal.SIGKILL"),
        ("signal", "subprocess.Popen([sys.executable, '-c', 'input()'], stdin=-1).terminate() is None"),
        ("signal", "signal.Signals(15) is signal.SIGTERM"),
        ("threading.Lock().acquire()", "threading.current_thread() is threading.main_thread()"),
        ("threading.local()", "issubclass(threading._MainThread, threading.Thread)"),
        pytest.param(
            "datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC).isoformat() == '2026-01-02T00:00:00+00:00'",
            "datetime.sys is sys",
            marks=pytest.mark.skipif(sys.version_info >= (3, 12), reason="only postponed up to Python 3.11"),
        ),
    ],
)
def test_a_postponed_module_is_imported_once_more_of_it_is_needed(without: str, more: str) -> None:
    name = without.partition(".")[0]
    code = (
        "import os, sys; from mlgit.__main__ import _LazyModule, _postpone_slow_imports\n"
        f"assert {name!r} not in sys.modules\n"
        f"_postpone_slow_imports(); import dataclasses, subprocess, {name}\n"
        f"assert {without} and type(sys.modules[{name!r}]) is _LazyModule\n"
        f"assert {more}\n"
        f"import {name} as again; assert again.__file__.endswith('{name}.py')\n"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True, cwd=".")


def test_the_start_does_not_load_the_python_parser() -> None:
    code = (
        "import sys; sys.argv = ['mlgit', '--version']\n"
        "import os; os._exit = lambda status: None\n"
        "from mlgit.__main__ import main; main()\n"
        "print(sorted({'ast', 'dis', 'tokenize'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.endswith("[]\n")


def test_click_gets_the_module_uuid_once_it_needs_it() -> None:
    code = (
        "import sys; from mlgit.__main__ import _LazyModule, _import_click, _postpone_slow_imports\n"
        "assert 'uuid' not in sys.modules\n"
        "_postpone_slow_imports(); _import_click()\n"
        "import click; assert type(sys.modules['uuid']) is _LazyModule\n"
        "text = '12345678-1234-5678-1234-567812345678'\n"
        "made = click.UUID(text); from uuid import UUID; assert made == UUID(text)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_commands_that_people_wait_for_compile_no_types(staged: Folder) -> None:
    """To compile the first one takes Python as long as reading a hundred metric files."""
    counting = (
        "import os, sys, typing; from mlgit.__main__ import main\n"
        "read, named = typing.ForwardRef.__init__, []\n"
        "typing.ForwardRef.__init__ = lambda *args, **more: named.append(args[1]) or read(*args, **more)\n"
        "end = os._exit\n"
        "os._exit = lambda status: end(print('named', *named, file=sys.stderr) or status)\n"
        "main()\n"
    )
    for command in ("status", "models", "diff HEAD", "check", "history line"):
        assert staged.mlgit(*command.split()).status == Exit.DONE  # what its caches save is not counted
        done = staged.run(sys.executable, "-c", counting, *command.split())
        assert (done.status, done.err.splitlines()[-1]) == (Exit.DONE, "named"), (command, done.err)


def test_running_git_does_not_load_the_code_for_credentials() -> None:
    code = (
        "import sys; from mlgit.adapters.git.binary import environment\n"
        "environment()\n"
        "assert 'mlgit.adapters.git.credentials' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_interrupt_during_the_import_prints_no_traceback() -> None:
    code = (
        "import sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'click':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from mlgit.__main__ import main; main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (Exit.INTERRUPTED, "Interrupted\n")


def test_commands_that_people_wait_for_do_not_need_gitpython(staged: Folder) -> None:
    """It takes a quarter of a second to import, longer than most of these commands run."""
    without_gitpython = (
        "import sys\n"
        "sys.modules['git'] = None\n"  # importing it raises ImportError
        "from mlgit.cli.main import run\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    staged.git("commit", "--allow-empty", "-qm", "Change nothing")
    staged.git("push", "-q")
    for command in (
        *("status", "models", "diff HEAD~1", "check", "history line"),
        *("release line --force", "promote line@v1.0.1 --to staging"),
    ):
        done = staged.run(sys.executable, "-c", without_gitpython, *command.split())
        assert done.status == Exit.DONE, (command, done.out, done.err)


def test_a_checkout_is_not_on_the_path_of_python_m(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise SystemExit('the code of the checkout ran')\n", encoding="utf-8")
    information = tmp_path / "evil-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\n", encoding="utf-8")
    (information / "entry_points.txt").write_text("[mlgit.metrics]\ntxt = evil:load\n", encoding="utf-8")
    (tmp_path / "evil.py").write_text("load = lambda content: {'auc': 1}\n", encoding="utf-8")
    work = Folder(tmp_path)
    work.git("init", "-q")
    work.write("m.txt", "auc: 0.1\n")
    work.write("dvc.yaml", "metrics: [m.txt]\n")
    work.commit("one")
    done = work.mlgit("diff", "HEAD", "--all", env={"PYTHONPATH": str(ROOT)})
    assert done.status == Exit.DONE, done.err
    assert "0.1" in done.out
