"""Keeping and ending: schedules, plans of sweeps, orders, last activity, paper (policy 7.2, 9.4)."""
