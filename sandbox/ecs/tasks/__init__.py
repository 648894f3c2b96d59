"""Tasks from PROVISIONING to STOPPED: launch, startup, own commands, shutdown, logs."""
