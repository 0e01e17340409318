"""What leaves the window as files."""
