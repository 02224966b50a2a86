"""The repositories the benchmarks run in, generated: the same on every machine.

History and tags come from `git fast-import`, DVC's files and cache objects are written directly, so that a
hundred thousand files take seconds. What DVC has a say in is shown to `dvc status` once when it is built.
"""
