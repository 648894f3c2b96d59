"""From Slack to the app: payloads, Socket Mode, signed HTTP, and the links the app may answer by."""
