"""The whole of Slipway on this machine, against the sandbox's Slack and ECS."""
