"""What the flows tell people, in the thread. Slack mrkdwn."""
