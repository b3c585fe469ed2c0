"""What the API server will answer when manifests are applied."""
