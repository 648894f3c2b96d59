"""The `slipway` command: `check`, `schema`, `manifest`, `audit` and `demo`."""
