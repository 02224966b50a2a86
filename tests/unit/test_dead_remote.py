"""Git remotes that cannot be read: what git, ssh and the hosts print, and what to do."""

from __future__ import annotations

import re

import pytest

from mlgit.core.dead_remote import explain

SSH = (
    "\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n"
)
WEB = "fatal: unable to access 'https://git.example/a.git/': "
NAME, NET, CLOCK = "check the network, and the name", "check the network, VPN", "check this machine's clock"
MOVED, DISK, LOGIN = "it was moved or deleted", "if it is on a disk", "log in again"
KEY, WRONG, LOOK = (
    "compare the host's key",
    "correct the address",
    "see what `git ls-remote 'my origin'` prints",
)
SENTENCES = {
    KEY: "has a host that ssh does not trust",
    LOGIN: "refuses the login",
    CLOCK: "has a certificate that git does not trust",
    WRONG: "has an address that git cannot use",
    MOVED: "is not there, or hidden from this login",
}
# What is printed, with the line that shows the cause in <>, and the repair.
PRINTED = (
    (f"<ssh: Could not resolve hostname git.example: Name or service not known>{SSH}", NAME),
    (f"<{WEB}Could not resolve host: git.example>", NAME),
    (f"<{WEB}Failed to connect to git.example port 443 after 0 ms: Couldn't connect to server>", NET),
    (f"<ssh: connect to host git.example port 22: Connection timed out>{SSH}", NET),
    ("<`git ls-remote` did not answer within 60 s>", NET),
    (f"<{WEB}The requested URL returned error: 503>", NET),
    (f"<{WEB}SSL certificate problem: certificate has expired>", CLOCK),
    ("<remote: Repository not found.>\nfatal: repository 'https://git.example/a.git/' not found\n", MOVED),
    (f"<ERROR: Repository not found.>{SSH}", MOVED),
    (f"<remote: The project you were looking for could not be found or you lack rights>{SSH}", MOVED),
    ("<fatal: repository 'https://git.example/connect.git/' not found>", MOVED),
    (f"<fatal: '/mnt/a.git' does not appear to be a git repository>{SSH}", DISK),
    (
        f"Warning: Permanently added 'git.example'\n<git@git.example: Permission denied (publickey).>{SSH}",
        LOGIN,
    ),
    (
        "<remote: HTTP Basic: Access denied>\nfatal: Authentication failed for 'https://git.example/a.git/'",
        LOGIN,
    ),
    ("<fatal: could not read Username for 'https://git.example': terminal prompts disabled>", LOGIN),
    (f"<{WEB}The requested URL returned error: 403>", LOGIN),
    (f"No ED25519 host key is known for git.example\n<Host key verification failed.>{SSH}", KEY),
    ("<git: 'remote-htps' is not a git command>\nfatal: unable to find remote helper for 'htps'\n", WRONG),
    ("<fatal: something new>", LOOK),
    ("<>", LOOK),
)


@pytest.mark.parametrize(("printed", "repair"), PRINTED)
def test_each_kind_has_its_repair_and_the_line_that_shows_it(printed: str, repair: str) -> None:
    shown = printed.partition("<")[2].partition(">")[0]
    found = explain(printed.replace("<", "").replace(">", ""), "my origin")
    assert found.repair.startswith(repair)
    assert "{" not in found.repair
    start = re.sub("^(fatal|ERROR|remote): ", "", shown)
    says = "does not answer" if repair in {NAME, NET, DISK, LOOK} else SENTENCES[repair]
    assert (found.sentence, found.silent) == (f"`my origin` {says}", says == "does not answer")
    assert found.line == (start or "git printed nothing")
