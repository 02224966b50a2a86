"""Status and what a folder on this machine serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.targets import assign, deploy_here, folder_of

if TYPE_CHECKING:
    from tests.support.shell import Folder


def test_status_says_what_the_target_serves_until_it_is_what_the_environment_holds(
    deployable: Folder,
) -> None:
    assert "by Ada, served: not known here\n" in deployable.here("status").out
    folder_of(deployable).mkdir(parents=True)
    assert "! the target serves nothing\n" in deployable.here("status").out
    deploy_here(deployable)
    assert ", served\n" in deployable.here("status").out
    assign(deployable, "v1.0.1")
    out = deployable.here("status").out
    assert "! the target still serves v1.0.0\n" in out
    assert out.endswith("next: mlgit deploy --env prod\n")
    assert deployable.here("status", "-s").out.startswith("prod v1.0.1, v1.0.0 served · ")
    model = deployable.here("status", "--json").json()["models"][0]
    prod = next(each for each in model["environments"] if each["environment"] == "prod")
    assert (prod["served"]["label"], prod["served"]["matches"]) == ("v1.0.0", False)
    assert deployable.here("deploy", "--env", "prod").status == 0
    assert ", served\n" in deployable.here("status").out
