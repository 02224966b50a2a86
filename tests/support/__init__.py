"""What tests share: real repositories built once a run and copied per test."""
