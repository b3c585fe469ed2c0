"""Two controllers on one MPIJob, predicted and proven."""
