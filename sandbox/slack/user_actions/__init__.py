"""What a person does in Slack: type, click, submit, open."""
