"""Audit a Kubernetes cluster or its manifests for MPIJob compatibility."""

__version__ = "0.1.0"
