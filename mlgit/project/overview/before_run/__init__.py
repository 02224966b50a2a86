"""Before a run: what DVC keeps is what the commit records, so that DVC does not record other data."""
