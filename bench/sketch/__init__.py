"""The smallest honest code for each job: no policy, no refusals; the floor we are held to."""
