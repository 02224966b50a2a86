"""Deploy: decide how a target comes to serve a version."""
