"""What the bot and the workers share: records, stores, rules, texts. No call to Slack or AWS."""
