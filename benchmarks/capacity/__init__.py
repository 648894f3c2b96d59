"""How Slipway grows beyond one machine: what a load needs, and which limit comes first. Pure."""
