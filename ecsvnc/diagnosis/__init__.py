"""What `ecsvnc config check` examines: everything that opening a console needs."""
