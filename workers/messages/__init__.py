"""The texts of thread messages, as Slack mrkdwn. Each function is named after what it reports."""
