"""Runner: the files and variables that connect a CI job with its runner and with other jobs."""
