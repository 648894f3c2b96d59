"""What Slack sends to the app: Socket Mode, signed HTTP, events, response_urls and trigger_ids."""
