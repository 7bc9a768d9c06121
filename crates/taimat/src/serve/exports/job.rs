//! One export: finds what the case holds, packs it, and lists it.

use std::io;
use std::time::{Duration, Instant};

use api::ports::StillFailure;
use bytes::Bytes;
use domain::{BoundingBox, CameraId, CaseExport, CaseItemKind, Sentence, Timestamp, at_home};
use recorder::DiskSpace;
use recorder::clip::ClipPlan;
use tokio_stream::StreamExt as _;

use super::Exporter;
use super::archive::{Archive, Packed};
use super::contents::{Content, nothing};
use super::listing::{Entry, Listing};

/// Most bytes of one export, and of all that are kept.
const MOST_BYTES: u64 = 32 << 30;
const MOST_KEPT: u64 = 64 << 30;
/// Room for the list, and for each picture.
const PICTURE_BYTES: u64 = 2 << 20;
/// Width of an event's picture where none was kept.
const EVENT_WIDTH: u32 = 1280;
/// How often it is written down how far an export is, and asked whether it is still wanted.
const NOTE: Duration = Duration::from_secs(1);
/// How often a picture is tried while the vision worker is away or busy, and how soon again.
const ATTEMPTS: u32 = 5;
const AGAIN: Duration = Duration::from_secs(3);

/// Why there is no file.
pub(super) enum Ended {
    /// Nobody wants it any more.
    Cancelled,
    /// It cannot be made.
    Failed(Sentence),
    /// The database refuses or is away.
    Index(index::IndexError),
}

impl From<index::IndexError> for Ended {
    fn from(error: index::IndexError) -> Self {
        Self::Index(error)
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        tracing::error!(%error, "an export cannot be written");
        Self::Failed(failed(
            "Không ghi được tệp xuất ra ổ đĩa.",
            "The file cannot be written, or the recording cannot be read.",
        ))
    }
}

/// A reason in both languages.
pub(super) fn failed(vi: &str, en: &str) -> Sentence {
    Sentence { vi: vi.to_owned(), en: en.to_owned() }
}

/// One export as it is made.
pub(super) struct Job<'a> {
    exporter: &'a Exporter,
    export: CaseExport,
    /// Bytes that there will be, and that there are.
    total: u64,
    written: u64,
    noted: Instant,
    /// How often a picture is tried; once, after the worker was waited for in vain.
    attempts: u32,
}

impl<'a> Job<'a> {
    pub(super) fn new(exporter: &'a Exporter, export: CaseExport) -> Self {
        Self { exporter, export, total: 1, written: 0, noted: Instant::now(), attempts: ATTEMPTS }
    }

    /// Makes the file; its size.
    pub(super) async fn run(mut self) -> Result<u64, Ended> {
        let (index, id) = (&self.exporter.index, self.export.id);
        let case = index.case(self.export.case_id).await?;
        let place = index.place(case.place_id).await?;
        let mut contents = Vec::new();
        for item in index.case_items(case.id).await? {
            // What was added since it was asked for may lie where that person may not export.
            let footage = item.footage.as_ref().map(|footage| footage.place_id);
            if footage.is_none_or(|place| self.export.place_ids.contains(&place)) {
                contents.push(self.exporter.content(item).await?);
            }
        }
        let clips: u64 =
            contents.iter().filter_map(|content| content.clip.as_ref()).map(|clip| clip.content_length).sum();
        self.total = clips + PICTURE_BYTES * (contents.len() as u64 + 1);
        self.require_room()?;
        let made = self.exporter.clock.now();
        let part = self.exporter.part(id);
        let mut archive = Archive::create(&part, made);
        let mut entries = Vec::new();
        for (number, content) in contents.into_iter().enumerate() {
            entries.push(self.pack(&mut archive, number + 1, content).await?);
        }
        let listing = Listing::new(&case, &place.name, &self.export, made, entries);
        for (name, text) in [("index.html", listing.html()), ("index.json", listing.json()?)] {
            archive.begin(name).await?;
            archive.add(text.into()).await?;
            archive.end().await?;
        }
        let bytes = archive.finish().await?;
        tokio::fs::rename(&part, self.exporter.file(id)).await?;
        Ok(bytes)
    }

    /// Refuses what is too large for an export, or for the disk.
    fn require_room(&self) -> Result<(), Ended> {
        let mut kept = 0;
        for entry in std::fs::read_dir(&self.exporter.folder)? {
            kept += entry?.metadata()?.len();
        }
        let free = DiskSpace::of(&self.exporter.folder)?.free;
        let fits = self.total <= MOST_BYTES
            && kept.saturating_add(self.total) <= MOST_KEPT
            // Retention makes room again as the recordings grow.
            && free >= self.total.saturating_add(self.exporter.keep_free_bytes / 2);
        if fits {
            return Ok(());
        }
        let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
        Err(Ended::Failed(Sentence {
            vi: format!(
                "Bản xuất cần {:.1} GiB, không đủ chỗ trên ổ đĩa hoặc vượt giới hạn {:.0} GiB. Hãy xóa các bản xuất cũ hoặc \
                 chia nhỏ hồ sơ.",
                gib(self.total),
                gib(MOST_BYTES)
            ),
            en: format!(
                "The export needs {:.1} GiB: there is no room for it on the disk, or it exceeds {:.0} GiB. Remove old \
                 exports, or split the case.",
                gib(self.total),
                gib(MOST_BYTES)
            ),
        }))
    }

    async fn pack(&mut self, archive: &mut Archive, number: usize, content: Content) -> Result<Entry, Ended> {
        let mut entry = Entry::new(number, &content);
        if let Some(clip) = &content.clip {
            let name = format!("{number:03}-{}-{}.mp4", entry.kind(), stamp(clip.start));
            entry.clip(clip, self.clip(archive, &name, clip).await?);
        }
        match &content.item.kind {
            CaseItemKind::Picture { camera_id, at } => match self.still(*camera_id, *at, None, None).await? {
                Ok((jpeg, time)) => {
                    let name = format!("{number:03}-picture-{}.jpg", stamp(time));
                    entry.picture(time, self.whole(archive, &name, jpeg).await?);
                }
                Err(why) => entry.missing(why),
            },
            CaseItemKind::Event { .. } => {
                if let Some((event, snapshot)) = &content.event {
                    let time = event.best.time;
                    let found = if let Some(jpeg) = self.kept(snapshot.as_deref()).await {
                        Ok((jpeg, time))
                    } else {
                        let crop = Some(event.best.bounds);
                        self.still(event.camera_id, time, crop, Some(EVENT_WIDTH)).await?
                    };
                    match found {
                        Ok((jpeg, time)) => {
                            let name = format!("{number:03}-event-{}.jpg", stamp(time));
                            entry.picture(time, self.whole(archive, &name, jpeg).await?);
                        }
                        Err(why) => entry.missing(why),
                    }
                }
            }
            CaseItemKind::Clip { .. } | CaseItemKind::Note { .. } => {}
        }
        Ok(entry)
    }

    async fn clip(&mut self, archive: &mut Archive, name: &str, clip: &ClipPlan) -> Result<Packed, Ended> {
        archive.begin(name).await?;
        let stream = clip.stream(0..clip.content_length);
        let mut stream = std::pin::pin!(stream);
        while let Some(bytes) = stream.next().await {
            let bytes = bytes?;
            self.written += bytes.len() as u64;
            archive.add(bytes).await?;
            self.note().await?;
        }
        Ok(archive.end().await?)
    }

    async fn whole(&mut self, archive: &mut Archive, name: &str, bytes: Bytes) -> Result<Packed, Ended> {
        archive.begin(name).await?;
        archive.add(bytes).await?;
        self.written += PICTURE_BYTES;
        self.note().await?;
        Ok(archive.end().await?)
    }

    /// Writes down how far it is, now and then, and ends where it is not wanted any more.
    async fn note(&mut self) -> Result<(), Ended> {
        if self.noted.elapsed() < NOTE {
            return Ok(());
        }
        self.noted = Instant::now();
        let done = (self.written as f64 / self.total.max(1) as f64).min(1.0);
        match self.exporter.index.note_export(self.export.id, done).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Ended::Cancelled),
            // The file does not depend on it.
            Err(error) if error.is_transient() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The picture that was kept of an event.
    async fn kept(&self, snapshot: Option<&str>) -> Option<Bytes> {
        let path = api::inside(&self.exporter.snapshots, snapshot?)?;
        tokio::fs::read(&path).await.ok().map(Bytes::from)
    }

    /// A picture cut from the recording, with its time.
    async fn still(
        &mut self,
        camera: CameraId,
        at: Timestamp,
        crop: Option<BoundingBox>,
        width: Option<u32>,
    ) -> Result<Result<(Bytes, Timestamp), Sentence>, Ended> {
        for attempt in 1..=self.attempts {
            match self.exporter.stills.cut(camera, at, crop, width).await {
                Ok(still) => return Ok(Ok((still.jpeg, still.time))),
                Err(StillFailure::NoFootage { .. }) => return Ok(Err(nothing())),
                Err(StillFailure::Busy(why)) => {
                    tracing::debug!(why, "a picture of an export waits");
                    if attempt == self.attempts {
                        self.attempts = 1;
                        break;
                    }
                    tokio::time::sleep(AGAIN).await;
                    self.note().await?;
                }
                Err(StillFailure::Failed(why)) => {
                    tracing::warn!(%camera, %at, why, "a picture of an export could not be made");
                    break;
                }
            }
        }
        Ok(Err(failed("Không cắt được ảnh từ bản ghi hình.", "No picture could be cut from the recording.")))
    }
}

/// A time by the clock on the wall, for a file's name.
fn stamp(at: Timestamp) -> String {
    at_home(at).format("%Y%m%d-%H%M%S").to_string()
}
