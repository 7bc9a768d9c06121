//! RTSP sessions with real cameras: connect, authenticate, tolerate, reconnect, probe.
