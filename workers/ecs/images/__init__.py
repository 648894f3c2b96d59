"""Image references, ECR, and which images and containers of a task definition a deploy changes."""
