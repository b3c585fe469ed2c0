"""Where objects come from: files and API servers."""
