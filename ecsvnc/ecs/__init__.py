"""The ECS actions that ecsvnc uses, one frozen dataclass each, and ECS's own error codes."""
