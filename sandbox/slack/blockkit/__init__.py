"""Block Kit as Slack checks it: limits, required fields, known types."""
