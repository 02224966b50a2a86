"""Files: what one file says: dvc.yaml, dvc.lock, a .dvc file, metrics, parameters."""
