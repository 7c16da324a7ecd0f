"""Bars from the files that users have: recognised by content, shown, proven, and checked."""
