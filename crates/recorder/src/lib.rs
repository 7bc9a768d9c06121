//! Access units to fragmented MP4 on disk, and back: clips, playlists, checks.
