"""What both sides talk about: deploys, services, lines, rules. No Slack, no AWS."""
