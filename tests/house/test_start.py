"""What stands for `inspect` and `platform` while the program starts does what they do."""

from __future__ import annotations

import gettext
import inspect
import platform
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.__main__ import _Gettext, _Inspect, _Platform

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


def test_the_system_has_the_name_that_the_standard_library_gives_it() -> None:
    assert _Platform.system() == platform.system()
    code = (
        "import sys; from mlgit.__main__ import _Platform\n"
        "sys.modules['platform'] = _Platform('platform')\n"
        "import platform\n"
        "platform.system()\n"
        "assert sys.modules['platform'].__class__ is _Platform\n"
        "assert platform.python_version() == sys.version.split()[0]\n"
        "import platform as again\n"
        "assert again.__file__.endswith('platform.py')\n"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True, cwd=".")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_number_has_the_form_that_the_standard_library_gives_it(number: int) -> None:
    assert _Gettext.ngettext("a tag", "tags", number) == gettext.ngettext("a tag", "tags", number)
    assert _Gettext.gettext("a tag") == gettext.gettext("a tag")


def test_who_wants_translations_or_a_locale_gets_the_real_modules() -> None:
    code = (
        "import sys; from mlgit.__main__ import _Gettext, _Later\n"
        "sys.modules['gettext'] = _Gettext('gettext')\n"
        "for name in ('locale', 'copy'):\n"
        "    sys.modules[name] = _Later(name)\n"
        "from gettext import ngettext, NullTranslations\n"
        "import locale, subprocess\n"
        "assert isinstance(NullTranslations(), object)\n"
        "assert sys.modules['locale'].__class__ is _Later\n"
        "assert locale.normalize('de_DE') and locale.getencoding()\n"
        "subprocess.run([sys.executable, '-c', ''], text=True, check=True, capture_output=True)\n"
        "from dataclasses import asdict, dataclass\n"
        "assert asdict(dataclass(type('A', (), {'__annotations__': {'a': 'set'}}))({1})) == {'a': {1}}\n"
        "from copy import deepcopy\n"
        "import locale as again\n"
        "assert again.__file__.endswith('locale.py')\n"
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
