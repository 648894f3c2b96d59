"""What the played Slack stores: messages, views, calls, and what changed for whom."""
