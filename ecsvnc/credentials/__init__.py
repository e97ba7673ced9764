"""Where an access key comes from: one file for each source, and the chain."""
