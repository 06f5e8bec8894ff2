"""The frames in which faces are looked for, and which video of a source the faces are found in."""
