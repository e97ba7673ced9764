"""Values with their origin: config.toml, the keyring, the instance cache."""
