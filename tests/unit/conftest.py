"""Settings: how many examples a property is tried with, so that the unit part stays a matter of seconds.

`MLGIT_TEST_PROFILE=thorough` tries each property with as many as Hypothesis would by itself, or more.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("quick", max_examples=12, deadline=None)
settings.register_profile("thorough", max_examples=300, deadline=None)
settings.load_profile(os.environ.get("MLGIT_TEST_PROFILE", "quick"))
