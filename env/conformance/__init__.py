"""What any engine should fill, and what it pays: cases as data, and a runner that compares."""
