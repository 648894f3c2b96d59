"""Slack in: what people type and click becomes requests and decisions in Redis."""

from deploys.optional_libraries import load_without_optional

load_without_optional()
