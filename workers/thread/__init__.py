"""Slack out: brings each deploy's thread up to date with its record, within Slack's limits."""
