"""Files: read one dvc.yaml, dvc.lock, .dvc file, metric file or parameter file."""
