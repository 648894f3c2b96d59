"""What a person does in Slack: types, presses, submits, opens."""
