"""What an app sends: arguments, messages and views, checked as Slack checks them."""
