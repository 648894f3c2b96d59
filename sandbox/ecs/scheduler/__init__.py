"""The service scheduler: keeps services at their count, and rolls deployments out and back."""
