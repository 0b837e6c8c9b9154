"""What people read and sign; documents build acts and values and perform nothing."""
