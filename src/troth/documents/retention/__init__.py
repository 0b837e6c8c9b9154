"""Keeping and ending: schedules, plans of sweeps, orders, activity, paper (policy 7.2, 9.4)."""
