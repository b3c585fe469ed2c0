"""The MPIJob CRD."""
