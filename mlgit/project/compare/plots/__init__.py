"""Plots: the curves and confusion matrices of two states, from Git, the disk or the DVC cache."""
