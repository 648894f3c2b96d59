"""What the played Slack remembers: messages, views, and what changed for whom."""
