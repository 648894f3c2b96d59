"""The service scheduler: keeps services at their count, rolls deployments out and back."""
