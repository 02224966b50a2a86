"""What a job compares with, as the remote has it now."""
