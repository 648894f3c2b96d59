"""Slack in: what people type and click becomes requests and decisions in Redis."""
