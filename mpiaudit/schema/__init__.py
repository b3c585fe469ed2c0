"""What an API server says of an object's structure, by the schema in its CRD."""
