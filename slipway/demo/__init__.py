"""`slipway demo`: all of Slipway on this machine, with the Slack and the ECS of the sandbox."""
