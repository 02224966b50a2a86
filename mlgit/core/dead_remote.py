"""Dead remote: why git could not read a remote, by what it printed, and what to do."""

from __future__ import annotations

import re

from mlgit.core.record import NamedTuple
from mlgit.core.wording import word

_SILENT = "does not answer"


class NoAnswer(NamedTuple):
    """A Git remote that git cannot read: a sentence, what git says about it in one line, and what to do.

    `silent`: there was no answer at all, so that the connection or the address is at fault.
    """

    sentence: str
    line: str
    repair: str

    @property
    def silent(self) -> bool:
        return self.sentence.endswith(_SILENT)


# What git, ssh and hosts write, what that means, and what to do; `{show}`, `{move}` and `{ask}` are commands.
# The first that matches counts: after a refused login, ssh also says that there may be no such repository.
_REPAIRS = (
    (
        r"Host key verification failed|HOST IDENTIFICATION HAS CHANGED",
        "has a host that ssh does not trust",
        "compare the host's key with the one that its owner publishes; `{ask}` in a terminal shows it",
    ),
    (
        r"uthentication failed|ermission denied|ccess denied|could not read (User|Pass)|error: 40[13]",
        "refuses the login",
        "log in again: no password, token or key was accepted, and one may have expired; `{ask}` tries it",
    ),
    (
        r"resolve host",
        _SILENT,
        "check the network, and the name of the host in `{show}`; `{move}` corrects it",
    ),
    (
        r"certificate|SSL",
        "has a certificate that git does not trust",
        "check this machine's clock and its certificates (`git config http.sslCAInfo`), or the proxy",
    ),
    (
        r"onnect|timed out|did not answer|o route|unreachable|hung up|early EOF|error: 5\d\d",
        _SILENT,
        "check the network, VPN and proxy; if others have no answer either, wait for the host",
    ),
    (
        r"remote helper|is not a git command|not a valid|not supported|URL rejected|bad/illegal|ort number",
        "has an address that git cannot use",
        "correct the address: `{move}`",
    ),
    (
        r"ot found|error: 404|could not be found",
        "is not there, or hidden from this login",
        "it was moved or deleted, or this login may not see it: look at `{show}`; `{move}` changes it",
    ),
    (
        r"does not appear to be a git repository|No such file|does not exist",
        _SILENT,
        "if it is on a disk, mount that; if it was moved, run `{move}`",
    ),
)


def explain(stderr: str, remote: str) -> NoAnswer:
    """Explain why git could not read a remote, by what it printed in English."""
    commands = {
        "show": f"git remote get-url {word(remote)}",
        "move": f"git remote set-url {word(remote)} ADDRESS",
        "ask": f"git ls-remote {word(remote)}",
    }
    printed = filter(str.strip, stderr.splitlines())
    lines = [re.sub(r"^(fatal|ERROR|error|remote): ", "", line) for line in printed]
    for pattern, says, repair in _REPAIRS:
        # An address, in quotes, may have any of these words.
        found = next((line for line in lines if re.search(pattern, re.sub("'[^']*'", "", line))), None)
        if found is not None:
            return NoAnswer(f"`{remote}` {says}", found, repair.format(**commands))
    first = lines[0] if lines else "git printed nothing"
    return NoAnswer(
        f"`{remote}` {_SILENT}", first, "see what `{ask}` prints in a terminal".format(**commands)
    )
