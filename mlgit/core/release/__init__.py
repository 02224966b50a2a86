"""Release: plan changes of the registry."""
