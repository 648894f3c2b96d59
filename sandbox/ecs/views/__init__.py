"""Records as members of ECS's answers. Members without a value are left out, as ECS does."""
