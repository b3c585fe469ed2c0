"""What each upstream release does, as tables; every entry names where it was read."""
