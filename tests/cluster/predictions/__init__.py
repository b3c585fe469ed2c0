"""Every prediction of a rule, made before the real controller starts, and then watched."""
