"""Rules about the rights of the controllers."""
