"""The sources of an AccessKey, one file each, and the chain of them."""
