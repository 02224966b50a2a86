"""Pipeline: what DVC and the metric files report about one state."""
