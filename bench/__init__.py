"""Benchmarks: a table with ratios to a peer or a limit, measured in one run. No timed tests."""
