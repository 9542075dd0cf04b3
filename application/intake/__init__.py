"""What trackers and SDKs tell: messages in, facts out."""
