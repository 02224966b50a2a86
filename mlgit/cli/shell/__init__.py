"""Shell: what every command shares: sessions, options, errors, progress, completion."""
