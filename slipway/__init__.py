"""The `slipway` command: check, schema, manifest and demo."""
