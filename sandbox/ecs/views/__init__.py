"""Records as the members of ECS's answers. Absent things are left out, as ECS leaves them out."""
