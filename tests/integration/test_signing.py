"""Signed tags and commits: git's settings for signing are obeyed, with real keys."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = "version: 1\nmodels: {line: {path: line.bin}}\nenvironments: {prod: {}}\n"
SSH, PGP = "-----BEGIN SSH SIGNATURE-----", "-----BEGIN PGP SIGNATURE-----"


@pytest.fixture
def repository(tmp_path: Path) -> Folder:
    """A repository with a model in Git, pushed to its origin."""
    folder = Folder(tmp_path / "work")
    folder.path.mkdir()
    folder.git("init", "-q", "-b", "main")
    folder.git("init", "-q", "--bare", "-b", "main", str(tmp_path / "origin.git"))
    folder.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    folder.write("line.bin", "one")
    folder.write("mlgit.yaml", CONFIG)
    folder.commit("First")
    folder.git("push", "-qu", "origin", "main")
    return folder


@pytest.fixture
def ssh_key(repository: Folder, tmp_path: Path) -> Path:
    """An SSH key that git signs with, and that it trusts."""
    key = tmp_path / "keys" / "key"
    key.parent.mkdir()
    repository.ok("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    public = key.with_suffix(".pub").read_text().strip()
    (tmp_path / "signers").write_text(f"ada@example.org {public}\n")
    repository.git("config", "gpg.format", "ssh")
    repository.git("config", "user.signingKey", f"{key}.pub")
    repository.git("config", "gpg.ssh.allowedSignersFile", str(tmp_path / "signers"))
    return key


def content(folder: Folder, revision: str) -> str:
    return folder.git("cat-file", "-p", revision)


@pytest.mark.parametrize("setting", ["tag.gpgSign", "tag.forceSignAnnotated"])
@pytest.mark.parametrize("local", [False, True])
@pytest.mark.usefixtures("ssh_key")
def test_tags_are_signed_as_git_signs_them(repository: Folder, setting: str, local: bool) -> None:  # noqa: FBT001
    repository.git("config", setting, "true")
    options = ("--local",) if local else ()
    for command in (("release", "line"), ("promote", "line", "--to", "prod")):
        done = repository.here(*command, *options, "--json")
        assert done.status == Exit.DONE, done.err
        for tag in done.json()["tags"]:
            assert repository.git("rev-parse", f"refs/tags/{tag['name']}") == tag["oid"]
            assert SSH in content(repository, tag["oid"])
            assert "Good" in repository.run("git", "tag", "-v", tag["name"]).err
    assert repository.here("models", "--json").json()["models"][0]["latest"]["version"] == "v1.0.0"
    found = repository.here("show", "line#prod", "--json")
    assert found.status == Exit.DONE, found.err


def test_without_the_setting_tags_are_not_signed(repository: Folder) -> None:
    assert repository.here("release", "line").status == Exit.DONE
    assert "-----BEGIN" not in content(repository, "line@v1.0.0")


@pytest.mark.parametrize("signs", [False, True])
@pytest.mark.usefixtures("ssh_key")
def test_the_commit_of_a_release_is_signed(repository: Folder, signs: bool) -> None:  # noqa: FBT001
    repository.git("config", "commit.gpgSign", str(signs).lower())
    assert repository.here("release", "line").status == Exit.DONE
    done = repository.here("release", "line", "--commit", "--force")
    assert done.status == Exit.DONE, done.err
    assert ("gpgsig -----BEGIN SSH" in content(repository, "HEAD")) is signs
    assert (repository.run("git", "verify-commit", "HEAD").status == 0) is signs
    assert repository.git("log", "-1", "--format=%s") == "Release line v1.0.1"
    assert repository.git("rev-parse", "origin/main^{tree}") == repository.git("rev-parse", "HEAD~1^{tree}")


@pytest.mark.usefixtures("ssh_key")
def test_settings_that_git_reads_only_for_this_folder_count(repository: Folder, tmp_path: Path) -> None:
    for key in ("gpg.format", "user.signingKey"):
        value = repository.git("config", key)
        repository.git("config", "--unset", key)
        repository.git("config", "--file", str(tmp_path / "company"), key, value)
    repository.git("config", "--file", str(tmp_path / "company"), "tag.gpgSign", "true")
    settings = tmp_path / "settings"
    settings.write_text(f'[includeIf "gitdir:{repository.path}/.git"]\n\tpath = {tmp_path / "company"}\n')
    done = repository.here("release", "line", env={"GIT_CONFIG_GLOBAL": str(settings)})
    assert done.status == Exit.DONE, done.err
    assert SSH in content(repository, "line@v1.0.0")


@pytest.mark.parametrize(
    ("setting", "command"),
    [
        ("tag.gpgSign", ("release", "line")),
        ("tag.gpgSign", ("release", "line", "--local")),
        ("commit.gpgSign", ("release", "line", "--commit")),
    ],
)
@pytest.mark.usefixtures("ssh_key")
def test_what_cannot_be_signed_is_not_written(
    repository: Folder, setting: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    repository.git("config", setting, "true")
    repository.git("config", "user.signingKey", str(tmp_path / "no-such-key.pub"))
    refs = repository.git("for-each-ref")
    done = repository.here(*command)
    assert done.status == Exit.TOOL
    assert "git could not sign" in done.err
    assert "nothing was written" in done.err
    assert "no-such-key.pub" in done.err
    assert f"git config {setting} false" in done.err
    assert repository.git("for-each-ref") == refs
    assert "line@" not in repository.git("ls-remote", "origin")


@pytest.mark.usefixtures("ssh_key")
def test_a_dry_run_does_not_sign_and_says_that_the_ids_will_differ(repository: Folder) -> None:
    repository.git("config", "tag.gpgSign", "true")
    repository.git("config", "gpg.ssh.program", "false")
    done = repository.here("release", "line", "--dry-run")
    assert done.status == Exit.DONE, done.err
    assert "git signs these tags" in done.out


@pytest.fixture
def pgp_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("g")  # gpg's socket needs a short path
    home.chmod(0o700)
    yield home
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
def test_tags_and_commits_are_signed_with_openpgp(repository: Folder, pgp_home: Path) -> None:
    variables = {"GNUPGHOME": str(pgp_home)}
    quick = (
        "--batch",
        "--passphrase",
        "",
        "--quick-generate-key",
        "Ada <ada@example.org>",
        "ed25519",
        "sign",
    )
    made = repository.run("gpg", *quick, env=variables)
    if made.status:
        pytest.skip(f"gpg makes no key here: {made.err}")
    repository.git("config", "tag.gpgSign", "true")
    repository.git("config", "commit.gpgSign", "true")
    for command in (("release", "line"), ("release", "line", "--commit", "--force")):
        done = repository.here(*command, env=os.environ | variables)
        assert done.status == Exit.DONE, done.err
    assert PGP in content(repository, "line@v1.0.1")
    for verify in (("tag", "-v", "line@v1.0.0"), ("verify-commit", "HEAD")):
        assert "Good signature" in repository.run("git", *verify, env=variables).err
