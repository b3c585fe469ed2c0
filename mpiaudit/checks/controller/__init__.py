"""The controllers' Deployments: release, flags, scope and lock."""
