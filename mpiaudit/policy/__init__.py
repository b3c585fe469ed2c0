"""Network policies, Pod Security, quota: pods judged as Kubernetes judges them."""
