"""Plots: what dvc.yaml and DVCLive declare as plots, and the rows of their files."""
