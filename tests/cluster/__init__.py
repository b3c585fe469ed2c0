"""Tests on a real API server, with the real controllers."""
