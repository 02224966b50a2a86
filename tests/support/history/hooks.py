"""Hooks of the bare repository that fail: they refuse, hang, or end the server before or after a push.

The object id of a tag decides which fault it meets, so a push meets the same one again, on every transport
and without a coordinator. The faults are counted in a file.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.shell import Folder

HANG_S = 6.0
"""Longer than the users wait for a push."""

# The last two hexadecimal digits of the first (update: any) new object -> what happens.
PRE_RECEIVE = {
    "0[0-5]": "reject",
    "1[0-5]": "hang, then take",
    "2[0-5]": "hang, then reject",
    "3[0-5]": "die before taking",
}
UPDATE = {"4[0-5]": "reject one ref"}
TRANSACTION = {"5[0-5]": "abort the transaction"}
POST_RECEIVE = {"6[0-5]": "die after taking", "7[0-5]": "hang after taking"}
DOES = {
    "reject": "exit 1",
    "hang, then take": "sleep HANG",
    "hang, then reject": "sleep HANG; exit 1",
    "die before taking": "kill -9 $PPID",
    "reject one ref": "exit 1",
    "abort the transaction": "exit 1",
    "die after taking": "kill -9 $PPID",
    "hang after taking": "sleep HANG",
}
LOG = "faults.log"


def install(bare: Folder) -> None:
    """Give a bare repository all of these hooks."""
    first = "read -r old new ref"
    scripts = {
        "pre-receive": f"{first}\n{_cases(PRE_RECEIVE)}",
        "update": f"new=$3\n{_cases(UPDATE)}",
        "reference-transaction": f'test "$1" = prepared || exit 0\n{first}\n{_cases(TRANSACTION)}',
        "post-receive": f"{first}\n{_cases(POST_RECEIVE)}",
    }
    for name, script in scripts.items():
        # Read stdin to its end, because the writer would die of a closed pipe.
        text = f"#!/bin/sh\nPLACE='{bare.path}'\n{script}\ncat >/dev/null\nexit 0\n"
        bare.write(f"hooks/{name}", text).chmod(0o755)


def counted(bare: Folder) -> Counter[str]:
    """How often each fault happened."""
    log = bare / LOG
    return Counter(log.read_text(encoding="utf-8").splitlines() if log.exists() else ())


def _cases(faults: dict[str, str]) -> str:
    lines = [
        f'*{digits}) echo "{name}" >>"$PLACE/{LOG}"; {DOES[name].replace("HANG", str(HANG_S))} ;;'
        for digits, name in faults.items()
    ]
    return "\n".join(['case "$new" in', *lines, "esac"])
