"""Target: access to the targets that models are deployed to, one file per kind."""
