"""Repositories in which the benchmarks run, generated, and so the same on every machine.

History and tags come from `git fast-import`, DVC's files and cache objects are written directly, so that a
hundred thousand files take seconds. `dvc status` checks once what was generated for DVC.
"""
