"""Tests of what is read, and from where."""
