"""History: many writers, kills and faults against one bare repository, and a checker of the result.

`python -m tests.support.history --operations 1000 --seed 7` simulates a history and prints its problems.
"""
