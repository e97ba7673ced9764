"""Scripts for a console: steps that wait for text and type, as `ecsvnc run` plays them."""
