"""Services that take OpenDSR requests, as databases of the controller's (policy 9.1, 9.4)."""
