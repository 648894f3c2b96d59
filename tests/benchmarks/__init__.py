"""Tests of the benchmark: what it counts and how it shows that. Nothing is timed."""
