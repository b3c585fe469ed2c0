"""Typed, frozen views of what matters to MPIJobs in one cluster."""
