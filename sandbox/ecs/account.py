"""Where the sandbox is."""

ACCOUNT = "123456789012"
REGION = "eu-west-1"
