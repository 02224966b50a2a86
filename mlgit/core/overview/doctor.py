"""Doctor: the findings of `mlgit doctor`, each with its repair, and why a Git remote cannot be read."""

from __future__ import annotations

import re
from functools import partial
from typing import Literal

from mlgit.core.record import NamedTuple, record
from mlgit.core.wording import word

FindingSeverity = Literal["error", "warn", "info"]


class Finding(NamedTuple):
    """One problem.

    `id` names the kind and is the same in all versions of mlgit. `error`: something does not work or gives
    wrong results; `warn`: it will; `info`: it is worth knowing. `subjects` are the affected tags, files or
    outputs. `repair` is a command or, if no command can do it, a sentence.
    """

    id: str
    message: str
    severity: FindingSeverity
    repair: str | None = None
    subjects: tuple[str, ...] = ()


fault = partial(Finding, severity="error")
warning = partial(Finding, severity="warn")
remark = partial(Finding, severity="info")


@record
class Diagnosis:
    """All findings, errors first; `checks` are the names of the checks."""

    findings: tuple[Finding, ...]
    checks: tuple[str, ...]
    online: bool

    @property
    def healthy(self) -> bool:
        """Whether there are only remarks."""
        return all(finding.severity == "info" for finding in self.findings)


class NoAnswer(NamedTuple):
    """What git says about a Git remote that it cannot read, in one line, and what to do about that."""

    line: str
    repair: str


# What git, ssh and the hosts write -> what to do; `{show}`, `{move}` and `{ask}` are commands. The first that
# matches counts: after a refused login, ssh also says that there may be no such repository.
_REPAIRS = (
    (
        r"Host key verification failed|HOST IDENTIFICATION HAS CHANGED",
        "compare the host's key with the one that its owner publishes; `{ask}` in a terminal shows it",
    ),
    (
        r"uthentication failed|ermission denied|ccess denied|could not read (User|Pass)|error: 40[13]",
        "log in again: no password, token or key was accepted, and one may have expired; `{ask}` tries it",
    ),
    (
        r"resolve host",
        "check the network, and the name of the host in `{show}`; `{move}` corrects it",
    ),
    (
        r"certificate|SSL",
        "check this machine's clock and its certificates (`git config http.sslCAInfo`), or the proxy",
    ),
    (
        r"onnect|timed out|did not answer|o route|unreachable|hung up|early EOF|error: 5\d\d",
        "check the network, VPN and proxy; if others have no answer either, wait for the host",
    ),
    (
        r"remote helper|is not a git command|not a valid|not supported|URL rejected|bad/illegal|ort number",
        "correct the address: `{move}`",
    ),
    (
        r"ot found|error: 404|could not be found",
        "it was moved or deleted, or this login may not see it: look at `{show}`; `{move}` changes it",
    ),
    (
        r"does not appear to be a git repository|No such file|does not exist",
        "if it is on a disk, mount that; if it was moved, run `{move}`",
    ),
)


def no_answer(stderr: str, remote: str) -> NoAnswer:
    """Explain why git could not read a remote, by what it printed in English."""
    name = word(remote)
    commands = {
        "show": f"git remote get-url {name}",
        "move": f"git remote set-url {name} ADDRESS",
        "ask": f"git ls-remote {name}",
    }
    printed = filter(str.strip, stderr.splitlines())
    lines = [re.sub(r"^(fatal|ERROR|error|remote): ", "", line) for line in printed]
    for pattern, repair in _REPAIRS:
        # An address, in quotes, may have any of these words.
        found = next((line for line in lines if re.search(pattern, re.sub("'[^']*'", "", line))), None)
        if found is not None:
            return NoAnswer(found, repair.format(**commands))
    first = lines[0] if lines else "git printed nothing"
    return NoAnswer(first, "see what `{ask}` prints in a terminal".format(**commands))
