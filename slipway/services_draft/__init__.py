"""A first services.yml for the services of an account: what ECS says is filled in, the rest are questions."""
