"""What ECS is on record to have said, where that was published, and which cause it is."""
