"""Mutation testing: change one operator or value of a module at a time, and expect its unit tests to fail."""
