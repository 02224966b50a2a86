"""The differential machine: a DVC repository edited at random, with mlgit and DVC compared after every step.

`python -m tests.differential --seeds 20 --steps 2000` runs it at length, and a little of it runs with every
test run (tests/integration/test_dvc_machine.py).
"""
