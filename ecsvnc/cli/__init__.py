"""The commands: thin files that parse into values and call one function."""
