"""What `config check` looks at. Each function of this room's files makes one line, and leaves all as it is."""
