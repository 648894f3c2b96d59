"""The ends of Amazon and Slack, played as fast as one process can, so that the measured time is Slipway's."""
