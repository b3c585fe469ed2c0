"""What is left when jobs end."""
