"""Requests to other machines: the only package that imports requests."""
