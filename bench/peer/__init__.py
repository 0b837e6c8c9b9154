"""Other people's code for the same job, set up the way its own documentation makes it fastest."""
