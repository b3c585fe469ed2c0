"""Manifests as Kubernetes reads them: objects, duplicate keys, and where a field stands."""
