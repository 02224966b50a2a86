"""Settings with which DVC reads something else are named; others are not."""

from __future__ import annotations

import pytest

from mlgit.core.config.dvc_settings import changed_settings

OLD = {"core.remote": "s", "remote.s.url": "../s", "remote.s.jobs": "4", "remote.t.url": "../t"}


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ({}, []),
        ({"remote.s.url": "../mine"}, ["`remote.s.url` ../s -> ../mine"]),
        ({"remote.s.url": "https://me:secret@x"}, ["`remote.s.url` ../s -> https://x"]),
        ({"core.remote": "t"}, ["`core.remote` s -> t"]),
        ({"core.remote": "u", "remote.u.url": "/u"}, ["`core.remote` s -> u", "`remote.u.url` is new: /u"]),
        ({"remote.t.url": None}, ["`remote.t.url` is gone"]),
        ({"remote.s.password": "x"}, ["`remote.s.password` is new"]),
        ({"remote.s.version_aware": "true"}, ["`remote.s.version_aware` is new: true"]),
        ({"cache.dir": "../c"}, ["`cache.dir` is new: ../c"]),
        ({"core.no_scm": "true"}, ["`core.no_scm` is new: true"]),
        ({"hydra.enabled": "true"}, ["`hydra.enabled` is new: true"]),
        ({"parsing.bool": "boolean_optional"}, ["`parsing.bool` is new: boolean_optional"]),
        ({"db.x.url": "sqlite://"}, ["`db.x.url` is new"]),
        # a remote that nothing uses yet, and how fast or how loud DVC is
        ({"remote.u.url": "/u"}, []),
        (
            {
                "remote.s.jobs": "8",
                "core.analytics": "false",
                "core.autostage": "true",
                "exp.auto_push": "true",
            },
            [],
        ),
    ],
)
def test_settings_that_change_what_dvc_reads_are_named(
    edit: dict[str, str | None], expected: list[str]
) -> None:
    new = {name: value for name, value in {**OLD, **edit}.items() if value is not None}
    assert list(changed_settings(OLD, new)) == expected


def test_the_first_remote_redirects_nothing() -> None:
    assert list(changed_settings({}, OLD)) == []
    assert (
        list(changed_settings({"core.analytics": "false"}, {"core.remote": "s", "remote.s.url": "s"})) == []
    )
