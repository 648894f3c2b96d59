"""Questions that a worker answers, because a listener asks neither AWS nor Slack. They change nothing."""
