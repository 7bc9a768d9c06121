//! Pictures cut from recordings: finds the footage, and has the vision worker decode it.

use std::time::Duration;

use api::ports::{Still, StillFailure};
use async_trait::async_trait;
use domain::{AccessUnit, BoundingBox, CameraId, GreyGrid, Segment, StreamKind, TimeRange, Timestamp};
use index::Index;
use recorder::Recorder;
use tokio_stream::StreamExt;
use vision_client::{GridRequest, StillError, StillRequest, Vision};

/// A picture that is older than this is not what was asked for.
const STALE: Duration = Duration::from_secs(20);
/// Pictures read beyond the moment: what a decoder may hold back to put them in order.
const BEYOND: Duration = Duration::from_secs(1);
const QUALITY: u8 = 85;

/// Makes pictures from recordings.
pub(crate) struct Stills {
    /// Where footage is looked up.
    pub(crate) index: Index,
    /// Where footage is.
    pub(crate) recorder: Recorder,
    /// Who decodes; `None` where analysis is switched off.
    pub(crate) vision: Option<Vision>,
}

impl Stills {
    /// The picture at a time, or the last one before it: the whole or a part of it.
    pub(crate) async fn cut(
        &self,
        camera: CameraId,
        at: Timestamp,
        crop: Option<BoundingBox>,
        max_width: Option<u32>,
    ) -> Result<vision_client::Still, StillFailure> {
        let vision = self.vision()?;
        let units = self.units(camera, at).await?;
        let request = StillRequest { units, at, crop, max_width, quality: QUALITY };
        vision.still(request).await.map_err(|error| failure(&error))
    }

    fn vision(&self) -> Result<&Vision, StillFailure> {
        let off = || StillFailure::Busy("analysis is switched off ([vision] enabled)".to_owned());
        self.vision.as_ref().ok_or_else(off)
    }

    /// The times of the key frames of the main recording in a range; none where they cannot be told now.
    pub(crate) async fn key_frames(&self, camera: CameraId, range: TimeRange) -> Vec<Timestamp> {
        let segments = footage(&self.index, &self.recorder, camera, StreamKind::Main, range).await;
        let segments = segments.unwrap_or_default();
        let times = segments.iter().flat_map(|segment| {
            let fragments = segment.fragments.0.iter().filter(|fragment| fragment.random_access);
            fragments.map(|fragment| segment.start + fragment.start)
        });
        times.filter(|time| range.contains(*time)).collect()
    }

    /// The units from the key frame before the moment on: of the main stream, or of the sub stream where the main
    /// one was not recorded.
    async fn units(&self, camera: CameraId, at: Timestamp) -> Result<Vec<AccessUnit>, StillFailure> {
        let nothing = StillFailure::NoFootage { camera, at };
        let Some(around) = TimeRange::new(at - STALE, at + BEYOND) else { return Err(nothing) };
        for kind in StreamKind::ALL {
            let segments = footage(&self.index, &self.recorder, camera, kind, around)
                .await
                .map_err(|error| StillFailure::Busy(error.to_string()))?;
            let Some(moment) = TimeRange::new(at, at + BEYOND) else { continue };
            let mut units = Vec::new();
            let mut problem = None;
            // Read from the key frame before the moment; where the recording ended before it, from its last one.
            let stream = recorder::read::stream(self.recorder.root().to_owned(), segments, moment);
            let mut stream = std::pin::pin!(stream);
            while let Some(unit) = stream.next().await {
                match unit {
                    Ok(unit) => units.push(unit),
                    Err(error) => problem = Some(error.to_string()),
                }
            }
            if !units.is_empty() {
                return Ok(units);
            }
            if let Some(problem) = problem {
                return Err(StillFailure::Failed(problem));
            }
        }
        Err(nothing)
    }
}

#[async_trait]
impl api::ports::StillPort for Stills {
    async fn still(
        &self,
        camera: CameraId,
        at: Timestamp,
        max_width: Option<u32>,
    ) -> Result<Still, StillFailure> {
        let still = self.cut(camera, at, None, max_width).await?;
        Ok(Still { jpeg: still.jpeg, time: still.time })
    }

    async fn grids(
        &self,
        key_frames: Vec<AccessUnit>,
        area: BoundingBox,
    ) -> Result<Vec<GreyGrid>, StillFailure> {
        let vision = self.vision()?;
        vision.grids(GridRequest { units: key_frames, area }).await.map_err(|error| failure(&error))
    }
}

fn failure(error: &StillError) -> StillFailure {
    match error {
        StillError::Busy | StillError::Down | StillError::TimedOut => StillFailure::Busy(error.to_string()),
        StillError::Request(_) | StillError::Decode(_) => StillFailure::Failed(error.to_string()),
    }
}

/// The segments of a range: those of the index, and what the recorder knows better of the newest ones.
pub(crate) async fn footage(
    index: &Index,
    recorder: &Recorder,
    camera: CameraId,
    stream: StreamKind,
    range: TimeRange,
) -> index::Result<Vec<Segment>> {
    let mut segments = index.segments_in(camera, stream, range).await?;
    for newer in recorder.open_segments(camera, stream) {
        segments.retain(|segment| segment.start != newer.start);
        if newer.range().and_then(|covered| covered.intersection(range)).is_some() {
            segments.push(newer);
        }
    }
    segments.sort_by_key(|segment| segment.start);
    Ok(segments)
}
