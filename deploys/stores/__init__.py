"""What reads and writes the records in Redis: deploys, threads, user groups, deliveries, the audit trail."""
