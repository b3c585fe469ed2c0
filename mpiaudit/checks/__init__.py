"""One rule a module, in a folder a topic. The folder is the list."""
