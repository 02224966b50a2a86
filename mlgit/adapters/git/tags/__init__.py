"""Tags: the tag objects of mlgit, read and written."""
