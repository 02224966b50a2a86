"""Benchmarks: mlgit side by side with the tools that users would otherwise run.

    python -m benchmarks                  everything; writes docs/benchmarks.md and its pictures (20 minutes)
    python -m benchmarks --short          small sizes, three rounds, printed (a minute or two); what CI runs
    python -m benchmarks --only files     this race, or all of a kind, printed
    python -m benchmarks --place DIR      the repositories are built in DIR and found again the next time

A race (races.py) names a repository (catalog.py builds it) and the contestants that run in it in turn
(measure.py). It says how their answers are compared (answers.py), and which rows, budgets and points of
growth curves follow (race.py, growth.py). page.py and plot.py write the results. Standard error also shows
the CPU time of each contestant, which is the better number on a busy machine.
"""
