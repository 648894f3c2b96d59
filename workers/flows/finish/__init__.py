"""After the rollout: the check that has to hold (CHECKING), and a last look that the end held (SETTLING)."""
