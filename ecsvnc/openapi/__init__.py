"""Alibaba Cloud's RPC protocol, for any product: sign, send, retry, tell the errors common to all."""
