"""Resolved gates: what each gate really compares, and how a change alters that."""
