"""Where an access key comes from: one file a source, one chain."""
