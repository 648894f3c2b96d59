"""The `slipway` command, one file for each of its commands in `slipway/commands/`."""
