"""The console: what staff see and do, each within their role and its purposes (policy 7.1)."""
