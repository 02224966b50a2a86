"""Support: repositories built once per run and copied per test, and simulated servers and tools."""
