"""ECS out: plain adapters over boto3, one file for each kind of thing."""
