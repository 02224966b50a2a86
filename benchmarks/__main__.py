"""Build the repositories, let the tools run in turn, write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Contestant, duel
from benchmarks.page import page
from benchmarks.race import Finish, Race
from benchmarks.repositories import metric_files, metric_stages, registry, small

_BARE_CLICK = '''\
import click


@click.group()
@click.version_option("1.0", message="bare %(version)s")
def cli():
    """Nothing."""


cli()
'''


def main() -> None:
    """Run it."""
    options = _options()
    tools = os.path.dirname(sys.executable)
    with tempfile.TemporaryDirectory(prefix="mlgit-bench-") as folder:
        place = Path(folder)
        _quiet_surroundings(place)
        _say("building the repositories")
        small(place / "small", tools)
        metric_files(place / "metrics", 50)
        metric_stages(place / "stages", tools, 50)
        tags = registry(place / "registry")
        (place / "bare.py").write_text(_BARE_CLICK, encoding="utf-8")
        finishes = []
        for race in _races(place, tools, tags):
            _say(race.question)
            ours, theirs = duel(
                race.ours,
                race.theirs,
                folder=place / race.repository,
                rounds=3 if options.quick else options.rounds,
            )
            finishes.append(Finish(race, ours, theirs))
            _say(f"  {ours.median_ms:.0f} ms against {theirs.median_ms:.0f} ms")
    text = page(finishes, rounds=3 if options.quick else options.rounds)
    if options.quick and options.output is None:
        print(text)
    else:
        Path(options.output or "docs/benchmarks.md").write_text(text, encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three rounds, printed; for CI")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--output", help="where the page goes (default docs/benchmarks.md)")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _quiet_surroundings(place: Path) -> None:
    """Nobody's settings, no analytics, no question to a server for a newer version."""
    home = place / "home"
    (home / "dvc").mkdir(parents=True)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # installed programs have their bytecode
    (home / "dvc" / "config").write_text("[core]\n    analytics = false\n    check_update = false\n")
    os.environ.update(
        HOME=str(home),
        GIT_CONFIG_NOSYSTEM="1",
        GIT_CONFIG_GLOBAL=os.devnull,
        DVC_GLOBAL_CONFIG_DIR=str(home / "dvc"),
        DVC_SYSTEM_CONFIG_DIR=str(home / "dvc-system"),
        DVC_SITE_CACHE_DIR=str(home / "dvc-site"),
        DVC_NO_ANALYTICS="1",
        NO_COLOR="1",
    )


def _races(place: Path, tools: str, tags: int) -> list[Race]:
    mlgit, dvc, gto = (os.path.join(tools, name) for name in ("mlgit", "dvc", "gto"))

    def forget(repository: str) -> Contestant:
        """`mlgit` as in a fresh clone: its caches are removed before each round."""

        def remove() -> None:
            shutil.rmtree(place / repository / ".git" / "mlgit", ignore_errors=True)

        return Contestant("", (), remove)

    three = Contestant(
        "`dvc status` + `dvc metrics diff` + `gto show`",
        ((dvc, "status"), (dvc, "metrics", "diff"), (gto, "show")),
    )
    metrics_diff = Contestant("`dvc metrics diff HEAD~1`", ((dvc, "metrics", "diff", "HEAD~1"),))
    show = Contestant("`gto show`", ((gto, "show"),))
    status, models = ((mlgit, "status"),), ((mlgit, "models"),)
    diff = Contestant("`mlgit diff HEAD~1`", ((mlgit, "diff", "HEAD~1"),))
    return [
        Race(
            "version",
            "small",
            Contestant("`mlgit --version`", ((mlgit, "--version"),)),
            Contestant("a bare click command", ((sys.executable, str(place / "bare.py"), "--version"),)),
            "at most 1.6 x the time",
            1 / 1.6,
        ),
        Race("status, small repository", "small", Contestant("`mlgit status`", status), three, "12 x", 12),
        Race(
            "status, small repository, no cache",
            "small",
            Contestant("`mlgit status`", status, forget("small").before),
            three,
            "none set",
            0,
        ),
        Race("diff, 50 metric files of 50 stages", "stages", diff, metrics_diff, "12 x", 12),
        # The design's reading of DVC is of files that stages declare; a bare list costs DVC less.
        Race("diff, 50 metric files in a list", "metrics", diff, metrics_diff, "none set", 0),
        Race(f"models, {tags:,} tags", "registry", Contestant("`mlgit models`", models), show, "25 x", 25),
        Race(
            f"models, {tags:,} tags, no cache",
            "registry",
            Contestant("`mlgit models`", models, forget("registry").before),
            show,
            "25 x",
            25,
        ),
        Race(
            "check, point gates",
            "small",
            Contestant("`mlgit check`", ((mlgit, "check"),)),
            diff,
            "at most 1.5 x the time",
            1 / 1.5,
        ),
    ]


if __name__ == "__main__":
    main()
