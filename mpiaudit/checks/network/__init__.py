"""DNS, Services and host names."""
