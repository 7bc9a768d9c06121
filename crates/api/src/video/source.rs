//! Where a watcher's video comes from: as the camera sends it, or transcoded where he cannot play that.

use domain::{CameraId, StreamKind, VideoCodec};
use futures::StreamExt as _;

use crate::app::Server;
use crate::ports::{LiveFeed, LiveVideo, TranscodeFailure};

/// What comes next.
pub(super) enum Shown {
    Video {
        video: LiveVideo,
        /// Whether the server made it of something else.
        transcoded: bool,
    },
    /// The camera is gone for good.
    Removed,
    /// It would have to be transcoded, and as much is as the server allows.
    Busy,
    /// It would have to be transcoded, and that fails.
    Failed,
}

/// The source of one watcher.
pub(super) struct Source {
    server: Server,
    of: (CameraId, StreamKind),
    only_h264: bool,
    feed: LiveFeed,
    transcoded: bool,
    /// Whether the transcoded feed has given anything.
    proven: bool,
}

impl Source {
    pub(super) fn new(server: Server, of: (CameraId, StreamKind), only_h264: bool) -> Self {
        let feed = server.video.watch(of.0, of.1);
        Self { server, of, only_h264, feed, transcoded: false, proven: false }
    }

    /// Whatever comes next. Dropped while it waits, it loses nothing.
    pub(super) async fn next(&mut self) -> Shown {
        let (camera, stream) = self.of;
        loop {
            match self.feed.next().await {
                Some(LiveVideo::Picture(unit))
                    if self.only_h264 && !self.transcoded && unit.parameters.codec != VideoCodec::H264 =>
                {
                    // It begins with this group of pictures as well.
                    match self.server.video.watch_transcoded(camera, stream) {
                        Ok(feed) => (self.feed, self.transcoded, self.proven) = (feed, true, false),
                        Err(TranscodeFailure::Busy) => return Shown::Busy,
                        Err(TranscodeFailure::Unavailable(_) | TranscodeFailure::Failed(_)) => {
                            return Shown::Failed;
                        }
                    }
                }
                Some(video) => {
                    self.proven = true;
                    return Shown::Video { video, transcoded: self.transcoded };
                }
                None if !self.transcoded => return Shown::Removed,
                None if !self.proven => return Shown::Failed,
                // The camera sends something else now, or the transcoder failed after it had worked.
                None => {
                    self.feed = self.server.video.watch(camera, stream);
                    self.transcoded = false;
                }
            }
        }
    }
}
