"""What waits: copies for their subject, calls for staff, questions for an answer."""
