"""Deploy: fetch the files of a version and bring them to a target."""
