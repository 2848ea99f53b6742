"""Train encoders with verified losses; used from the command line (`train run`)."""
