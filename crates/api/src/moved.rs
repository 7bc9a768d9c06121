//! A search of the recording for movement in a part of the picture, told as it goes on.

use std::time::Duration;

use analysis::{Moment, Moments, Movement, Sensitivity};
use domain::{AccessUnit, BoundingBox, Camera, Segment, Sentence, StreamKind, TimeRange, Timestamp};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::app::Server;
use crate::footage::{self, TOUCHING};
use crate::ports::StillFailure;
use crate::problem::Answer;

/// Footage that is looked up at once.
const WINDOW: Duration = Duration::from_hours(1);
/// Key frames that are no further apart show nothing more.
const APART: Duration = Duration::from_millis(900);
/// Key frames that are decoded at once.
const BATCH: usize = 16;
/// Bytes of key frames that are decoded at once.
const BATCH_BYTES: usize = 8 << 20;
/// How often a worker that is away or busy is asked again, and how soon.
const ATTEMPTS: u32 = 20;
const AGAIN: Duration = Duration::from_secs(2);

/// One line of the answer.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum MovedLine {
    /// All before this moment was looked at.
    Progress {
        /// The moment.
        at: Timestamp,
        /// Which part of the time asked for that is, 0 to 1.
        done: f64,
    },
    /// Something moved.
    Moment {
        /// The first picture in which it did.
        from: Timestamp,
        /// After the last one.
        to: Timestamp,
        /// The largest part of the area that had changed, 0 to 1.
        peak: f32,
    },
    /// Nobody knows.
    Gap {
        /// First moment.
        from: Timestamp,
        /// First moment after it.
        to: Timestamp,
        /// Why.
        reason: Unknown,
    },
    /// All was looked at.
    End {
        /// Pictures.
        looked: u64,
    },
    /// The search cannot go on. What was told until then is so.
    Failed {
        /// Why.
        why: Sentence,
    },
}

/// Why nobody knows whether something moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unknown {
    /// Nothing is recorded.
    NotRecorded,
    /// What is recorded cannot be read.
    Unreadable,
}

/// What is searched for.
pub(crate) struct Search {
    pub(crate) server: Server,
    pub(crate) camera: Camera,
    pub(crate) range: TimeRange,
    pub(crate) area: BoundingBox,
    pub(crate) sensitivity: Sensitivity,
}

/// Why a search ended early.
enum Stopped {
    /// Nobody listens any more.
    Unheard,
    /// It cannot go on.
    Failed(Sentence),
}

/// What is known so far.
struct Known {
    movement: Movement,
    moments: Moments,
    looked: u64,
    /// All before this was looked at, or is missing.
    until: Timestamp,
}

impl Search {
    /// Searches until all was looked at, nobody listens, or the server stops.
    pub(crate) async fn run(self, lines: mpsc::Sender<MovedLine>) {
        let stopping = self.server.shutdown.clone();
        let last = tokio::select! {
            outcome = self.search(&lines) => match outcome {
                Ok(looked) => MovedLine::End { looked },
                Err(Stopped::Failed(why)) => MovedLine::Failed { why },
                Err(Stopped::Unheard) => return,
            },
            () = lines.closed() => return,
            () = stopping.cancelled() => MovedLine::Failed {
                why: sentence("Máy chủ đang dừng.", "The server is stopping."),
            },
        };
        // Who asked may have gone just now.
        drop(lines.send(last).await);
    }

    async fn search(&self, lines: &mpsc::Sender<MovedLine>) -> Result<u64, Stopped> {
        let mut known = Known {
            movement: Movement::new(self.sensitivity),
            moments: Moments::default(),
            looked: 0,
            until: self.range.from,
        };
        let mut from = self.range.from;
        while from < self.range.to {
            let to = (from + WINDOW).min(self.range.to);
            let segments = self.segments(TimeRange { from, to }).await.map_err(|problem| {
                tracing::warn!(?problem, "a search for movement met no database");
                Stopped::Failed(sentence(
                    "Không đọc được cơ sở dữ liệu, hãy thử lại.",
                    "The database cannot be read; try again.",
                ))
            })?;
            for segment in segments {
                self.look_at(&segment, &mut known, lines).await?;
                tell(lines, self.progress(known.until)).await?;
            }
            from = to;
            tell(lines, self.progress(from)).await?;
        }
        self.gap(known.until, self.range.to, lines).await?;
        tell_moment(lines, known.moments.finish()).await?;
        Ok(known.looked)
    }

    /// What is recorded: by the sub stream, and by the main one where there is nothing of the sub stream.
    async fn segments(&self, range: TimeRange) -> Answer<Vec<Segment>> {
        let mut segments = footage::segments(&self.server, self.camera.id, StreamKind::Sub, range).await?;
        let mut main = footage::segments(&self.server, self.camera.id, StreamKind::Main, range).await?;
        main.retain(|large| !segments.iter().any(|small| small.start < large.end && large.start < small.end));
        segments.append(&mut main);
        segments.sort_by_key(|segment| segment.start);
        Ok(segments)
    }

    fn progress(&self, at: Timestamp) -> MovedLine {
        let at = at.clamp(self.range.from, self.range.to);
        let done = at.since(self.range.from).as_secs_f64() / self.range.duration().as_secs_f64();
        MovedLine::Progress { at, done: done.clamp(0.0, 1.0) }
    }

    async fn look_at(
        &self,
        segment: &Segment,
        known: &mut Known,
        lines: &mpsc::Sender<MovedLine>,
    ) -> Result<(), Stopped> {
        let wanted = TimeRange { from: known.until, to: self.range.to };
        let Some(part) = segment.range().and_then(|range| range.intersection(wanted)) else { return Ok(()) };
        self.gap(known.until, part.from, lines).await?;
        known.until = part.to;
        let (frames, damaged) = self.key_frames(segment, part).await;
        for batch in batches(frames) {
            let (first, last) = (batch.first().map(|unit| unit.time), batch.last().map(|unit| unit.time));
            match self.grids(batch).await? {
                Some(grids) => {
                    for grid in grids {
                        known.looked += 1;
                        let share = known.movement.look(&grid);
                        tell_moment(lines, known.moments.push(grid.time, share)).await?;
                    }
                }
                None => {
                    if let (Some(from), Some(last)) = (first, last) {
                        let (to, reason) = (last.plus_micros(1_000_000), Unknown::Unreadable);
                        tell(lines, MovedLine::Gap { from, to, reason }).await?;
                    }
                }
            }
        }
        if damaged {
            let (TimeRange { from, to }, reason) = (part, Unknown::Unreadable);
            tell(lines, MovedLine::Gap { from, to, reason }).await?;
        }
        Ok(())
    }

    /// The key frames of a part of a segment, and whether some of it cannot be read.
    async fn key_frames(&self, segment: &Segment, part: TimeRange) -> (Vec<AccessUnit>, bool) {
        let (root, segment) = (self.server.recorder.root().to_owned(), segment.clone());
        let read = tokio::task::spawn_blocking(move || {
            let (mut frames, mut damaged) = (Vec::new(), false);
            match recorder::read::key_frames(&root, &segment, part, APART) {
                Ok(found) => {
                    for frame in found {
                        match frame {
                            Ok(frame) => frames.push(frame),
                            Err(error) => damaged = warn(&error),
                        }
                    }
                }
                Err(error) => damaged = warn(&error),
            }
            (frames, damaged)
        });
        // An error here: the runtime is shutting down.
        read.await.unwrap_or((Vec::new(), true))
    }

    /// How bright key frames are; `None` where they cannot be decoded.
    async fn grids(&self, batch: Vec<AccessUnit>) -> Result<Option<Vec<domain::GreyGrid>>, Stopped> {
        for _ in 0..ATTEMPTS {
            match self.server.stills.grids(batch.clone(), self.area).await {
                Ok(grids) => return Ok(Some(grids)),
                Err(StillFailure::Busy(why)) => {
                    tracing::debug!(why, "a search for movement waits");
                    tokio::time::sleep(AGAIN).await;
                }
                Err(failure) => {
                    tracing::warn!(camera = %self.camera.id, %failure, "key frames could not be looked at");
                    return Ok(None);
                }
            }
        }
        Err(Stopped::Failed(sentence(
            "Bộ phân tích hình đang quá tải hoặc không chạy, hãy thử lại sau.",
            "The vision worker is busy or not running; try again later.",
        )))
    }

    async fn gap(
        &self,
        from: Timestamp,
        to: Timestamp,
        lines: &mpsc::Sender<MovedLine>,
    ) -> Result<(), Stopped> {
        if to.since(from) <= TOUCHING {
            return Ok(());
        }
        tell(lines, MovedLine::Gap { from, to, reason: Unknown::NotRecorded }).await
    }
}

fn warn(error: &recorder::read::ReadError) -> bool {
    tracing::warn!(%error, "a search for movement leaves out what cannot be read");
    true
}

fn sentence(vi: &str, en: &str) -> Sentence {
    Sentence { vi: vi.to_owned(), en: en.to_owned() }
}

/// Key frames in batches that are neither too many nor too large; all of one segment, and so of one set of parameters.
fn batches(frames: Vec<AccessUnit>) -> Vec<Vec<AccessUnit>> {
    let mut batches: Vec<Vec<AccessUnit>> = Vec::new();
    let mut bytes = 0;
    for frame in frames {
        bytes += frame.data.len();
        let fits = |batch: &&mut Vec<AccessUnit>| batch.len() < BATCH && bytes <= BATCH_BYTES;
        if let Some(batch) = batches.last_mut().filter(fits) {
            batch.push(frame);
        } else {
            bytes = frame.data.len();
            batches.push(vec![frame]);
        }
    }
    batches
}

async fn tell(lines: &mpsc::Sender<MovedLine>, line: MovedLine) -> Result<(), Stopped> {
    lines.send(line).await.map_err(|_| Stopped::Unheard)
}

async fn tell_moment(lines: &mpsc::Sender<MovedLine>, moment: Option<Moment>) -> Result<(), Stopped> {
    match moment {
        Some(Moment { range: TimeRange { from, to }, peak }) => {
            tell(lines, MovedLine::Moment { from, to, peak }).await
        }
        None => Ok(()),
    }
}
