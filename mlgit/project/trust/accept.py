"""Accept: the state of a model without the tags that do not count."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.refs import is_ancestor
from mlgit.adapters.git.tags.objects import parse_header
from mlgit.core.registry.completeness import knows_tags
from mlgit.core.registry.replay import in_order, replay
from mlgit.core.registry.statement import EnvironmentStatement, ReleaseStatement
from mlgit.core.registry.tags import parse_tag
from mlgit.core.trust.accept import accepted_state
from mlgit.core.trust.earlier import late_changes, since
from mlgit.core.trust.proof import parse_statement
from mlgit.core.trust.rules import Facts
from mlgit.project.history import unshallow
from mlgit.project.registry.completeness import clone_facts, clone_repair, was_fetched
from mlgit.project.registry.models import was_declared
from mlgit.project.registry.read import read_model
from mlgit.project.registry.tag_settings import tag_repair
from mlgit.project.trust.asked_gates import GatesOfPromotions, RulesOfCommits, gates_of_releases
from mlgit.project.trust.default_branch import own_branch_counts, own_trunk, trunk_tips
from mlgit.project.trust.lifted import WaiversOfPromotions
from mlgit.project.trust.trunk_line import TrunkLine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from typing import TypedDict

    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.core.registry.statement import Statement
    from mlgit.project.open import Project

    class _Repairs(TypedDict):
        """The fields of Facts about what this clone lacks, and where it is."""

        remote: str | None
        fetch: str | None
        deepen: str | None
        complete: str | None
        asked: bool


def accepted_model(
    project: Project, name: str, *, local: bool | None = None, fetch: bool = False
) -> ModelState:
    """One model without the tags that do not count; its `refused` says which they are, and why.

    With `local`, this clone's own branch with trunk's name counts as trunk, too: a version that was released
    with `--local` is there before it is pushed. None means: unless this is CI. `fetch` allows to fetch the
    history that a shallow clone lacks.

    Raises:
        ToolError: git cannot read one of the tags.
        StateError: trunk's branch is not in this clone.
    """
    project.require_trunk()
    return accept(project, read_model(project, name), local=local, fetch=fetch)


@contextmanager
def setting_aside(project: Project, fact: TagFact, raw: ModelState) -> Iterator[None]:
    """Read models as if this assignment were not there, to judge it by what was there before.

    The tag that makes room for it and later ones of its environment, which may not count, are left out, too.
    So is its version in environments that were promoted from there since: it is not compared with itself.
    """
    project.set_aside = since(fact, raw, project.trunk_config.environments)
    try:
        yield
    finally:
        project.set_aside = frozenset()


@contextmanager
def setting_aside_release(project: Project, fact: TagFact, raw: ModelState) -> Iterator[None]:
    """Read models as if this release were not there, nor what came after it.

    Left out are higher versions, and changes of environments from the first that put a commit there, on
    commits that do not come before its own; and rejections that are younger than the release.
    """
    late = commits_after(project, raw, fact.commit)
    aside = {fact.tag, *_not_lower(fact, raw.ignored), *_rejections_after(fact, raw)}
    for each in raw.facts:
        if each.commit in late and each.name.version is not None and fact.name.version is not None:
            aside.update([each.tag] if each.name.version >= fact.name.version else [])
    gone = {each.oid for each in raw.facts if each.tag in aside}
    for name in raw.environments:
        ordered = in_order(each for each in raw.facts if each.name.environment == name)
        starts = {each.tag for each in ordered if each.name.action == "assign" and each.commit in late}
        starts |= {each.tag for each in ordered if each.release in gone}
        aside |= late_changes(ordered, starts)
    project.set_aside = frozenset(aside)
    try:
        yield
    finally:
        project.set_aside = frozenset()


def _rejections_after(fact: TagFact, raw: ModelState) -> Iterator[str]:
    """The tags by which other versions were rejected only after a release."""
    for each in raw.facts:
        other = each.name.version != fact.name.version
        if each.name.action == "deregister" and other and each.tagged_at_s > fact.tagged_at_s:
            yield each.tag


def _not_lower(fact: TagFact, ignored: Iterable[str]) -> list[str]:
    """Lightweight and damaged tags of this version or a higher one."""
    names = {tag: name.version for tag in ignored if (name := parse_tag(tag)) is not None}
    least = fact.name.version
    return [tag for tag, each in names.items() if each is not None and least is not None and each >= least]


def commits_after(project: Project, raw: ModelState, commit: str) -> frozenset[str]:
    """The commits of a model's tags that do not come before this one."""
    commits = {each.commit for each in raw.facts}
    return frozenset([commit, *_not_reachable(project, commits, [commit])])


def accept(
    project: Project, raw: ModelState, *, local: bool | None = None, fetch: bool = False
) -> ModelState:
    """The model without the tags that do not count; see `accepted_model`."""
    return accept_with_facts(project, raw, local=local, fetch=fetch)[0]


def accept_with_facts(
    project: Project, raw: ModelState, *, local: bool | None = None, fetch: bool = False
) -> tuple[ModelState, Facts | None]:
    """`accept`, and the facts that it asked; None if there is no tag."""
    ignored = raw.ignored
    raw = _without_set_aside(project, raw)
    if not raw.facts and not ignored:
        return raw, None
    raw, contents = _with_messages(project, raw, ignored)
    stated = {fact.tag: parse_statement(fact.message()).statement for fact in raw.facts}
    shows = _shown(stated)
    commits = {fact.commit for fact in raw.facts} | set(shows.values())
    local = own_branch_counts(project) if local is None else local
    elsewhere = _elsewhere(project, commits, local=local, fetch=fetch)
    line = TrunkLine(project, trunk_tips(project, local=local))
    facts = Facts(
        names={oid: _made_for(content) for oid, content in contents.items()},
        foreign=foreign_allowed(project),
        elsewhere=elsewhere,
        rules=RulesOfCommits(project),
        gates=GatesOfPromotions(project, raw.name),
        release_gates=gates_of_releases(project, stated.values()),
        lifts=WaiversOfPromotions(project, raw.name),
        today=project.trunk_config.environments if project.trunk_config.declared else None,
        precedes=partial(is_ancestor, project.git),
        had_rules_of=line.had_rules_of,
        had_gates_of=line.had_gates_of,
        was_tip=line.was_tip,
        had_model_of=partial(line.had_model_of, raw.name),
        brought=line.brought,
        shows={tag: commit for tag, commit in shows.items() if commit not in elsewhere},
        place=line.place,
        **_repairs(project, raw.name),
        has=lambda oid: project.objects.get(oid) is not None,
        now_s=project.now.timestamp(),
        committed_s=line.committed_s,
        declared=partial(was_declared, project, raw.name),
    )
    return accepted_state(raw, facts), facts


def _elsewhere(project: Project, commits: Collection[str], *, local: bool, fetch: bool) -> Mapping[str, str]:
    found = elsewhere_than_trunk(project, commits, local=local)
    if found and fetch and unshallow(project):
        return elsewhere_than_trunk(project, commits, local=local)
    return found


def _without_set_aside(project: Project, raw: ModelState) -> ModelState:
    if not project.set_aside:
        return raw
    return replay(fact for fact in raw.facts if fact.tag not in project.set_aside).model(raw.name)


def _shown(stated: Mapping[str, Statement | None]) -> dict[str, str]:
    """The commit of trunk that was there when a tag was written: its policy, or that of a release."""
    found: dict[str, str] = {}
    for tag, each in stated.items():
        if isinstance(each, EnvironmentStatement) and each.policy is not None:
            found[tag] = each.policy
        elif isinstance(each, ReleaseStatement):
            found[tag] = each.commit
    return found


def _repairs(project: Project, model: str) -> _Repairs:
    return {
        "remote": project.remote,
        "fetch": tag_repair(project),
        "deepen": clone_repair(project) if project.shallow else None,
        "complete": knows_tags(clone_facts(project)).repair,
        # What is set aside is here, though it is read as if it were not.
        "asked": project.remote is not None and not project.set_aside and was_fetched(project, model),
    }


def _with_messages(
    project: Project, raw: ModelState, ignored: Mapping[str, str]
) -> tuple[ModelState, Mapping[str, bytes]]:
    """The model with the messages of all tags, which nothing reads again one by one, and their objects."""
    objects = project.objects.get_many(fact.oid for fact in raw.facts)
    contents = {oid: b"" if found is None else found.content for oid, found in objects.items()}
    messages = {
        oid: content.partition(b"\n\n")[2].decode("utf-8", "replace") for oid, content in contents.items()
    }
    read = (fact._replace(read=messages.__getitem__) for fact in raw.facts)
    return replace(replay(read).model(raw.name), ignored=ignored), contents


def foreign_allowed(project: Project) -> bool:
    """Whether tags without a statement count: trunk says so, or has no `mlgit.yaml`."""
    config = project.trunk_config
    return not config.declared or config.foreign_tags == "allow"


def policy_commit(project: Project, commit: str | None = None) -> str | None:
    """The commit of trunk whose rules apply now; None if trunk is unborn.

    A `commit` that is on this clone's own branch only (`--local`) takes the place of trunk if its rules are
    the same.
    """
    trunk = project.trunk
    if trunk is None:
        return None
    if commit is None or is_ancestor(project.git, commit, trunk.commit):
        return trunk.commit
    own = own_trunk(project)
    mine = None if own is None else own.commit
    if mine is None or not all(is_ancestor(project.git, each, mine) for each in (commit, trunk.commit)):
        return trunk.commit
    file = "mlgit.yaml"
    same = project.tree(mine).read(file) == project.tree(trunk.commit).read(file)
    return mine if same else trunk.commit


def _made_for(content: bytes) -> str | None:
    """The name in a tag's object."""
    header = parse_header(content)
    return None if header is None else header.tag


def elsewhere_than_trunk(project: Project, commits: Collection[str], *, local: bool) -> Mapping[str, str]:
    """The commits that are not on trunk, each with the reason; one walk answers for all of them."""
    trunk = project.trunk
    if trunk is None:
        return {}
    lost = _not_reachable(project, commits, trunk_tips(project, local=local))
    why = "its commit {commit} is not on {trunk}"
    if project.shallow:
        why = "whether its commit {commit} is on {trunk} is not known: this clone is shallow"
    named = trunk.short
    if project.settings.trunk is not None:
        named += ", which `mlgit.trunk` names here,"
    texts = {commit: why.format(commit=commit[:7], trunk=named) for commit in sorted(lost)}
    return {commit: text.removesuffix(",") for commit, text in texts.items()}


def was_tip(project: Project, commit: str) -> bool:
    """Whether trunk's tip was a commit, which a merge has not only brought; yes while trunk is unborn."""
    tips = trunk_tips(project, local=own_branch_counts(project))
    return not tips or TrunkLine(project, tips).place(commit) is not None


def _not_reachable(project: Project, commits: Collection[str], tips: Collection[str]) -> frozenset[str]:
    wanted = frozenset(commits)
    try:
        query = "".join(f"{line}\n" for line in (*wanted, *(f"^{tip}" for tip in tips)))
        output = project.git.run("rev-list", "--stdin", stdin=query.encode())
    except GitFailed:
        # One of the commits is not here: ask for each.
        return frozenset(
            commit for commit in wanted if not any(is_ancestor(project.git, commit, tip) for tip in tips)
        )
    return wanted.intersection(output.decode().split())
