"""History: many writers, killers and faults against one bare repository, and a checker of what came of it.

`python -m tests.support.history --operations 1000 --seed 7` plays one and says what was found in it.
"""
