"""From faces found at keyframes to one box a slot and frame: anchors, matching, evidence, interpolation."""
