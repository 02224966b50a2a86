"""One file a command: options, operation, render, exit code."""
