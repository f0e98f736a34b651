"""Chromium without a window, for tests and pictures of pages; nothing needs it to run."""
