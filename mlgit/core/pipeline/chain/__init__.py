"""The stages that numbers come from, one after the other."""
