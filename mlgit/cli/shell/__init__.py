"""Shell: the parts that all commands share: session, options, errors, progress, completion."""
