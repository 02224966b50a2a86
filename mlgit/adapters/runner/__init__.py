"""Runner: the files and variables by which a CI's runner talks to a job."""
