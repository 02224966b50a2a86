"""Remotes: real servers for DVC remotes on loopback, sshd with its own keys, and MinIO for S3."""

from __future__ import annotations

import getpass
import importlib.util
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import free_port, listens, running
from tests.support.tools import tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SSHD = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {place}/host
AuthorizedKeysFile {place}/home/.ssh/key.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
# sshd would refuse the parents of the temporary folder with the keys.
StrictModes no
PidFile none
Subsystem sftp internal-sftp
"""
SSH_CONFIG = """\
Host 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {place}/home/.ssh/key
  UserKnownHostsFile {place}/home/.ssh/known_hosts
"""
ACCESS_KEY, SECRET_KEY = "mlgit-tests", "mlgit-tests-secret"
BUCKET = "models"


@dataclass(frozen=True, slots=True, kw_only=True)
class DvcRemote:
    """A DVC remote; `options` are for `dvc remote modify`.

    `secrets` are environment variables with the credentials; `home` is a home folder with keys.
    """

    url: str
    options: Mapping[str, str]
    secrets: Mapping[str, str]
    home: Path | None
    files: Path


@contextmanager
def ssh_remote(place: Path) -> Iterator[DvcRemote]:
    """A folder over SSH; the host's key is known, the user's key authorized.

    Args:
        place: an empty folder.
    """
    needs("dvc_ssh")
    sshd = tool("sshd")
    keys = place / "home" / ".ssh"
    keys.mkdir(parents=True)
    for path in (place / "host", keys / "key"):
        subprocess.run([tool("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    port = free_port()
    (place / "sshd_config").write_text(SSHD.format(port=port, place=place), encoding="utf-8")
    config = SSH_CONFIG.format(port=port, place=place, user=getpass.getuser())
    (keys / "config").write_text(config, encoding="utf-8")
    host = (place / "host.pub").read_text(encoding="utf-8")
    (keys / "known_hosts").write_text(f"[127.0.0.1]:{port} {host}", encoding="utf-8")
    if os.geteuid() == 0:
        # The folder of sshd's unprivileged process, which a service manager would create.
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    files = place / "files"
    files.mkdir()
    argv = [sshd, "-D", "-e", "-f", str(place / "sshd_config")]
    with running(argv, log=place / "sshd.log") as server:
        server.wait_until(lambda: listens(port))
        url = f"ssh://{getpass.getuser()}@127.0.0.1:{port}{files}"
        yield DvcRemote(url=url, options={}, secrets={}, home=place / "home", files=files)


@contextmanager
def s3_remote(place: Path) -> Iterator[DvcRemote]:
    """A bucket of MinIO.

    Args:
        place: an empty folder.
    """
    needs("dvc_s3")
    minio = tool("minio")
    files = place / "drive" / BUCKET
    files.mkdir(parents=True)
    port, console = free_port(), free_port()
    env = {
        "MINIO_ROOT_USER": ACCESS_KEY,
        "MINIO_ROOT_PASSWORD": SECRET_KEY,
        "MINIO_UPDATE": "off",
        "HOME": str(place),
    }
    addresses = ["--address", f"127.0.0.1:{port}", "--console-address", f"127.0.0.1:{console}"]
    with running(
        [minio, "server", *addresses, str(place / "drive")], log=place / "minio.log", env=env
    ) as server:
        server.wait_until(lambda: listens(port))
        yield DvcRemote(
            url=f"s3://{BUCKET}/store",
            options={"endpointurl": f"http://127.0.0.1:{port}"},
            secrets={"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY},
            home=None,
            files=files,
        )


def needs(module: str) -> None:
    """Skip the test if DVC's plug-in for the remote is not installed."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"`{module.replace('_', '-')}` is not installed")
