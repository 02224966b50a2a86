"""DVC: pointers are read as plain YAML; DVC itself does everything that moves data."""
