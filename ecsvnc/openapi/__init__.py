"""Alibaba Cloud's RPC protocol, for any product: sign, send, retry, and the errors common to all."""
