"""The lives of tasks, from PROVISIONING to STOPPED."""
