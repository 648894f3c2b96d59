"""The `slipway` command: `init`, `check`, `doctor`, `schema`, `manifest`, `iam-policy`, `audit` and `demo`."""
