"""`slipway deploy ...`: everything that people can type in Slack, on the command line, by the same rules."""
