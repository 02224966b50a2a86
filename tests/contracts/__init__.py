"""Contracts: facts that every plug-in of a table keeps. A plug-in author runs them as well."""
