"""Reads an instance's screen once, or until it shows a text: from its console, or from ECS's screenshots."""
