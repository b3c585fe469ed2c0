"""What an MPIJob's spec says."""
