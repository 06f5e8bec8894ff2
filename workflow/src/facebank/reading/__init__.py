"""Documents that come from elsewhere: read within limits, and refused with a reason instead of believed."""
