"""What is measured: one module a subject. Each function returns figures by name (`benchmarks.results`)."""
