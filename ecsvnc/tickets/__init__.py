"""A ticket for an instance: the call, its 15 seconds, waiting for readiness, the budget, the console URL."""
