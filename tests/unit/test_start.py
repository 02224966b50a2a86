"""What stands for `inspect` while the program starts does what `inspect` does."""

from __future__ import annotations

import inspect
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from mlgit.__main__ import _Inspect

_LINES = st.lists(st.text(alphabet=" \tab\f\\", max_size=8), max_size=6).map("\n".join)


@given(_LINES)
def test_docstrings_are_cleaned_as_the_standard_library_does(doc: str) -> None:
    assert _Inspect.cleandoc(doc) == inspect.cleandoc(doc)


def test_whoever_wants_more_gets_the_real_one() -> None:
    code = (
        "import sys; from mlgit.__main__ import _Inspect\n"
        "sys.modules['inspect'] = _Inspect('inspect')\n"
        "import inspect\n"
        "assert 'ast' not in sys.modules\n"
        "from inspect import signature\n"
        "assert str(inspect.signature(lambda a, *, b: 0)) == '(a, *, b)'\n"
        "import inspect as again\n"
        "assert again.signature is signature and again.__file__.endswith('inspect.py')\n"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True, cwd=".")


def test_starting_up_takes_no_python_program_apart() -> None:
    code = (
        "import sys; sys.argv = ['mlgit', '--version']\n"
        "import os; os._exit = lambda status: None\n"
        "from mlgit.__main__ import main; main()\n"
        "print(sorted({'ast', 'dis', 'tokenize'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.endswith("[]\n")


def test_git_is_started_without_loading_what_only_pushing_or_an_error_needs() -> None:
    code = (
        "import sys; from mlgit.adapters.git.binary import environment\n"
        "environment()\n"
        "assert 'mlgit.adapters.git.credentials' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_interrupt_while_it_is_loaded_is_no_traceback() -> None:
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
    assert (done.returncode, done.stderr) == (130, "Interrupted\n")
