"""Moves: what programs may read otherwise because they, or the folder where they run, are others now."""
