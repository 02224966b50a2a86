"""What the last runs of measuring stages had to do with."""
