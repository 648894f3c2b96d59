"""The AWS services around ECS, as far as ECS uses them: ECR and CloudWatch Logs. moto plays the rest."""
