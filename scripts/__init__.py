"""What people run; each script reads like the sentence that describes it."""
