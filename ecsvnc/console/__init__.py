"""What the product is: the instance, its ticket and 15 seconds, the console URL, the handoff to a browser."""
