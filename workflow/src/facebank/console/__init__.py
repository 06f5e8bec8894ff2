"""What the command line shows: answers as text or JSON, and how far long work is."""
