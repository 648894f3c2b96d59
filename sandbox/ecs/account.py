"""The AWS account and the region that are played."""

ACCOUNT = "123456789012"
REGION = "eu-west-1"
