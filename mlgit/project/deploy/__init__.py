"""Deploy: getting a version to where it is used."""
