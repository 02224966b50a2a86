"""Fetch settings: what git's configuration takes away from a clone, or keeps from it, when it fetches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.record import NamedTuple
from mlgit.core.trunk import kept_apart, mirrors
from mlgit.core.wording import word, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TAGS = "refs/tags/"
_EVERY_BRANCH = ("refs/heads/*", "refs/*")
_FALSE = frozenset({"false", "no", "off", "0", ""})


class Setting(NamedTuple):
    """One value of git's configuration.

    `key` is as `git config` prints it, `value` is None for a key without `=`. `file` is the file that has
    it: empty for the clone's own, None for an environment variable.
    """

    key: str
    value: str | None
    file: str | None = ""

    @property
    def text(self) -> str:
        """The value; empty for a key without one."""
        return self.value or ""

    @property
    def true(self) -> bool:
        return self.value is None or self.value.lower() not in _FALSE

    @property
    def removal(self) -> str:
        """The command that removes all values of this key from where this one is."""
        return self._removed("--unset-all")

    @property
    def removal_of_value(self) -> str:
        """The command that removes this value only, and leaves the other ones of its key."""
        return self._removed("--fixed-value", "--unset-all", value=(self.text,))

    def _removed(self, *options: str, value: tuple[str, ...] = ()) -> str:
        if self.file is None:
            return "unset GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS"
        place = f"--file {word(self.file)} " if self.file else ""
        return f"git config {place}{words([*options, self.key, *value])}"


class Obstacle(NamedTuple):
    """A setting that keeps tags from a clone: which one, why in one clause, and the command that ends it."""

    kind: Literal["no_tags", "narrow", "left_out", "hidden", "mirror"]
    setting: str
    why: str
    repair: str

    @property
    def overridden(self) -> bool:
        """Whether `git fetch --tags` takes all tags in spite of it."""
        return self.kind in {"no_tags", "narrow"}


class Pruning(NamedTuple):
    """A setting that deletes tags when git fetches, and the command that ends it."""

    setting: str
    repair: str


def obstacles(
    settings: Sequence[Setting], remote: str, *, local: bool = False, trunk_is_stated: bool = False
) -> tuple[Obstacle, ...]:
    """What keeps tags of the remote from this clone, or trunk; `local`: the remote is a folder here.

    A mirror has every tag, and which of them count is a question of trunk, which the user may have stated.
    """
    specs = [each for each in settings if each.key == f"remote.{remote}.fetch"]
    option = _tag_option(settings, remote)
    mirrored = [each.text for each in specs if mirrors(each.text)]
    every = any(_takes_every_tag(each.text) for each in specs)
    found = []
    if mirrored and not trunk_is_stated:
        why = "it is a mirror, where the remote's branches take the place of own ones"
        found.append(Obstacle("mirror", f"remote.{remote}.fetch={mirrored[0]}", why, kept_apart(remote)))
    if option is not None and option.value == "--no-tags" and not every:
        why = "it never fetches tags"
        setting = f"remote.{remote}.tagOpt"
        removal = option.removal.replace(option.key, setting)
        found.append(Obstacle("no_tags", setting, why, removal))
    left_out = [each for each in specs if _leaves_tags_out(each.text)]
    if left_out:
        setting = f"remote.{remote}.fetch={left_out[0].value}"
        why = f"it leaves out tags (`{left_out[0].value}`)"
        removal = " && ".join(dict.fromkeys(each.removal_of_value for each in left_out))
        found.append(Obstacle("left_out", setting, why, removal))
    takes_all = every or (option is not None and option.value == "--tags")
    if not takes_all and _is_narrow([each for each in specs if each not in left_out]):
        setting = f"remote.{remote}.fetch"
        # The tags of all branches are enough: which branches are fetched is the user's choice.
        every_tag = f"git config --replace-all {word(f'remote.{remote}.tagOpt')} --tags"
        found.append(Obstacle("narrow", setting, "it fetches only some branches", every_tag))
    hiding = hiding_refs(settings, ("transfer.hiderefs", "uploadpack.hiderefs")) if local else ()
    found.extend(
        Obstacle("hidden", f"{each.key}={each.value}", "this machine hides tags", each.removal)
        for each in hiding
    )
    return tuple(found)


def hiding_refs(settings: Iterable[Setting], keys: Sequence[str]) -> tuple[Setting, ...]:
    """The values of `*.hideRefs` that hide tags; a later `!` shows them again."""
    found: tuple[Setting, ...] = ()
    for each in settings:
        if each.key in keys and each.value and _covers_tags(each.value.lstrip("!^").rstrip("/")):
            found = () if each.value.startswith("!") else (*found, each)
    return found


def pruning(settings: Sequence[Setting], remote: str) -> tuple[Pruning, ...]:
    """The settings because of which a fetch deletes tags that the remote lacks."""
    own = f"remote.{remote}."
    found = []
    prunes_tags = _first_true(settings, f"{own}prunetags", "fetch.prunetags")
    if prunes_tags is not None:
        found.append(Pruning(prunes_tags, _switched_off(settings, f"{own}pruneTags")))
    specs = [each.text for each in settings if each.key == f"{own}fetch"]
    if any(spec.partition(":")[2].startswith((_TAGS, "refs/*")) for spec in specs):
        prunes = _first_true(settings, f"{own}prune", "fetch.prune")
        if prunes is not None:
            found.append(Pruning(prunes, _switched_off(settings, f"{own}prune")))
    return tuple(found)


def _switched_off(settings: Iterable[Setting], key: str) -> str:
    """The command that switches a remote's own setting off, which wins over that for all remotes."""
    last = [each for each in settings if each.key == key.lower()][-1:]
    stated = [f"{each.removal} && " for each in last if each.file is None]
    return f"{''.join(stated)}git config --replace-all {key} false"


def _first_true(settings: Sequence[Setting], *keys: str) -> str | None:
    """The first of these settings that is set, if it is true."""
    for key in keys:
        values = [each for each in settings if each.key == key]
        if values:
            return key if values[-1].true else None
    return None


def _tag_option(settings: Iterable[Setting], remote: str) -> Setting | None:
    """The last value that git understands; it ignores others."""
    found = [each for each in settings if each.key == f"remote.{remote}.tagopt"]
    return next((each for each in reversed(found) if each.value in {"--tags", "--no-tags"}), None)


def _is_narrow(specs: Sequence[Setting]) -> bool:
    """Whether only some of the remote's branches are fetched, as after `git clone --single-branch`."""
    sources = {(each.text).removeprefix("+").partition(":")[0] for each in specs}
    return any(source.startswith("^") for source in sources) or sources.isdisjoint(_EVERY_BRANCH)


def _takes_every_tag(spec: str) -> bool:
    source, _, place = spec.removeprefix("+").partition(":")
    return (source, place) in {(f"{_TAGS}*", f"{_TAGS}*"), ("refs/*", "refs/*")}


def _leaves_tags_out(spec: str) -> bool:
    start, star, _ = spec[1:].partition("*")
    hit = start.startswith(_TAGS) or (bool(star) and _TAGS.startswith(start))
    return spec.startswith("^") and hit


def _covers_tags(prefix: str) -> bool:
    """Whether a prefix of refs, as `hideRefs` has it, covers every tag."""
    return f"{prefix}/" in {"refs/", _TAGS}
