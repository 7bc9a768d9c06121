//! Pieces of recordings, each transcoded once for all who ask while it is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::ports::{TranscodeFailure, TranscodedPiece};
use domain::{AccessUnit, Segment, TimeRange};
use futures::future::{BoxFuture, FutureExt as _, Shared, WeakShared};
use recorder::{Recorder, playlist};
use tokio::sync::Semaphore;
use tokio_stream::StreamExt as _;
use tokio_util::sync::CancellationToken;
use vision_client::{TranscodeError, Transcoder, TranscoderConfig};

use super::{Cache, failure};

/// Pieces that may be asked for at the same time, those included that are being made.
const WAITING: usize = 32;
/// How long a piece may wait for its turn, and how long it may take: both within the API's limit.
const TURN: Duration = Duration::from_secs(8);
const MAKING: Duration = Duration::from_secs(20);
/// More than this in one piece is not transcoded.
const MOST_BYTES: usize = 64 << 20;
/// What nobody used for so long goes; looked for this often.
const UNUSED: Duration = Duration::from_hours(1);
const EXPIRY: Duration = Duration::from_mins(5);

type Outcome = Result<TranscodedPiece, TranscodeFailure>;
type Making = BoxFuture<'static, Outcome>;

/// Makes and keeps pieces.
pub(crate) struct Pieces {
    maker: Arc<Maker>,
    /// Those that are being made. When nobody waits for one any more, it is given up: who jumps about in a recording must
    /// not leave a trail of work behind.
    making: Mutex<HashMap<String, WeakShared<Making>>>,
}

struct Maker {
    worker: TranscoderConfig,
    recorder: Recorder,
    cache: Cache,
    turns: Semaphore,
}

impl Pieces {
    pub(crate) fn new(worker: TranscoderConfig, recorder: Recorder, cache: Cache, at_once: usize) -> Self {
        let maker = Maker { worker, recorder, cache, turns: Semaphore::new(at_once) };
        Self { maker: Arc::new(maker), making: Mutex::default() }
    }

    /// A piece of a segment by its number; `None` where there is no such piece.
    pub(crate) async fn piece(
        &self,
        segment: &Segment,
        number: usize,
    ) -> Result<Option<TranscodedPiece>, TranscodeFailure> {
        let Some(piece) = playlist::pieces(segment).get(number).copied() else { return Ok(None) };
        let Segment { camera_id, stream, start, .. } = segment;
        let name = format!("{camera_id}-{stream}-{}-{number}", start.as_micros());
        if let Some(kept) = self.maker.cache.get(&name).await {
            metrics::counter!("taimat_transcoded_pieces_total", "from" => "cache").increment(1);
            return Ok(Some(kept));
        }
        self.join(name, segment, piece.range)?.await.map(Some)
    }

    /// The making of a piece: the one that goes on, or a new one.
    fn join(
        &self,
        name: String,
        segment: &Segment,
        range: TimeRange,
    ) -> Result<Shared<Making>, TranscodeFailure> {
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(going_on) = making.get(&name).and_then(WeakShared::upgrade) {
            return Ok(going_on);
        }
        making.retain(|_, other| other.upgrade().is_some());
        if making.len() >= WAITING {
            return Err(TranscodeFailure::Busy);
        }
        let made = Arc::clone(&self.maker).make(name.clone(), segment.clone(), range).boxed().shared();
        if let Some(weak) = made.downgrade() {
            making.insert(name, weak);
        }
        Ok(made)
    }

    /// Removes what nobody uses, until the server stops.
    pub(crate) async fn upkeep(self: Arc<Self>, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(EXPIRY)).await.is_some() {
            self.maker.cache.expire(Instant::now().checked_sub(UNUSED)).await;
        }
    }
}

impl Maker {
    async fn make(self: Arc<Self>, name: String, segment: Segment, range: TimeRange) -> Outcome {
        let turn = tokio::time::timeout(TURN, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(TranscodeFailure::Busy) };
        // Its making may have ended just before this one began.
        if let Some(kept) = self.cache.get(&name).await {
            return Ok(kept);
        }
        let made = tokio::time::timeout(MAKING, self.transcoded(&segment, range)).await;
        let made = made.unwrap_or_else(|_| {
            Err(TranscodeFailure::Unavailable(format!("it took longer than {} s", MAKING.as_secs())))
        });
        match &made {
            Ok(piece) => {
                metrics::counter!("taimat_transcoded_pieces_total", "from" => "recording").increment(1);
                self.cache.put(&name, piece).await;
            }
            Err(failure) => {
                tracing::warn!(camera = %segment.camera_id, at = %range.from, %failure, "a piece is not transcoded");
            }
        }
        made
    }

    async fn transcoded(&self, segment: &Segment, range: TimeRange) -> Outcome {
        let units = self.units(segment, range).await?;
        let mut made = transcode(&self.worker, units).await.map_err(|error| failure(&error))?;
        made.retain(|unit| range.contains(unit.time));
        let failed = |problem: &str| TranscodeFailure::Failed(problem.to_owned());
        let video = made.first().map(|first| Arc::clone(&first.parameters));
        let video = video.ok_or_else(|| failed("no picture came of it"))?;
        if made.iter().any(|unit| unit.parameters != video) {
            return Err(failed("the picture changes within it"));
        }
        let (camera, stream, start) = (segment.camera_id, segment.stream, segment.start);
        let init = recorder::live::init(camera, stream, start, &video);
        let media = recorder::live::fragment(&made, start, range.to);
        match (init, media) {
            (Ok(init), Ok(Some(media))) => Ok(TranscodedPiece { init, media }),
            (Err(error), _) | (_, Err(error)) => Err(failed(&error.to_string())),
            (_, Ok(None)) => Err(failed("no picture came of it")),
        }
    }

    async fn units(&self, segment: &Segment, range: TimeRange) -> Result<Vec<AccessUnit>, TranscodeFailure> {
        let root = self.recorder.root().to_owned();
        let mut stream = std::pin::pin!(recorder::read::stream(root, vec![segment.clone()], range));
        let (mut units, mut bytes) = (Vec::new(), 0);
        while let Some(unit) = stream.next().await {
            let unit = unit.map_err(|error| TranscodeFailure::Failed(error.to_string()))?;
            bytes += unit.data.len();
            if bytes > MOST_BYTES {
                return Err(TranscodeFailure::Failed("a piece of it is too large".to_owned()));
            }
            units.push(unit);
        }
        Ok(units)
    }
}

/// Transcodes units from a key frame on.
async fn transcode(
    worker: &TranscoderConfig,
    units: Vec<AccessUnit>,
) -> Result<Vec<AccessUnit>, TranscodeError> {
    let (mut input, mut output) = Transcoder::start(worker)?;
    let sending = async move {
        for unit in &units {
            if !input.send(unit).await {
                break;
            }
        }
    };
    let receiving = async {
        let mut made = Vec::new();
        while let Some(unit) = output.next().await? {
            made.push(unit);
        }
        Ok(made)
    };
    tokio::join!(sending, receiving).1
}
