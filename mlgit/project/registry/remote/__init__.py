"""What a remote has, as a step of CI listed it."""
