"""Registry: tags, and the models, versions and environments that they describe."""
