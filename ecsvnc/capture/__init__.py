"""One look at an instance's screen, or looking until some text is there: at its console, or at ECS's screenshots."""
