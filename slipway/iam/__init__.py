"""Which permissions Slipway needs in AWS: the one source of what `slipway iam-policy` and the docs print."""
