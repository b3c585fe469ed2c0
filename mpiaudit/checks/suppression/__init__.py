"""What people chose to live with, and wrote down."""
