"""DVC: pointers read as plain YAML, everything that moves data done by DVC itself."""
