"""The `slipway` command: `init`, `check`, `schema`, `manifest`, `iam-policy`, `audit` and `demo`."""
