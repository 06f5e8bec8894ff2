"""A release in the formats of other tools: COCO, CVAT, MOTChallenge, LeRobot, and Parquet for the Hub."""
