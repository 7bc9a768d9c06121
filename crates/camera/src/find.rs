//! Looks for the streams of a camera of which only the host is known, and perhaps a password.
//!
//! A DESCRIBE of a path that no camera has makes it greet; realm and server name give the brand away; then the paths of
//! the brand are asked for, and those of the others after them. The first refusal of the password ends the search: some
//! cameras lock the account after a few.

use std::time::Duration;

use domain::{
    ConnectFailure, Credentials, FailureKind, FindReport, FoundChannel, GuessedBy, Sentence, StreamAddress,
    StreamKind, Transport, TriedPath,
};
use futures::future::join_all;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use crate::address::Target;
use crate::ask::ask;
use crate::brands::{self, BRANDS, Brand, COMMON, at_channel};
use crate::failure;
use crate::probe::probe_within;
use crate::session::look;
use crate::stream::Limits;

/// Where RTSP usually is: its own port, RFC 2326 §3.2, and the one that is taken in its place.
const PORTS: [u16; 2] = [554, 8554];
/// The most paths that are asked for.
const MOST: usize = 24;
/// The most channels of a recorder.
const MOST_CHANNELS: u16 = 64;
/// So many channels in a row that are not there are the end of them: some are not in use.
const UNUSED: u16 = 4;
/// A channel that no recorder has. What shows it shows the same picture for every number.
const NO_CHANNEL: u16 = 240;

/// How long the search may take.
#[derive(Clone, Copy, Debug)]
pub struct SearchLimits {
    /// To find the paths.
    pub search: Duration,
    /// In all.
    pub total: Duration,
    /// How long each stream that was found is watched.
    pub watch: Duration,
    /// The waits for each answer.
    pub stream: Limits,
}

impl Default for SearchLimits {
    fn default() -> Self {
        let short = Duration::from_secs(4);
        Self {
            search: Duration::from_secs(14),
            total: Duration::from_secs(26),
            watch: short,
            stream: Limits {
                connect: short,
                answer: short,
                stall: short,
                key_frame: Duration::from_secs(6),
                teardown: Duration::from_secs(1),
                ..Limits::default()
            },
        }
    }
}

/// Looks for the streams at the host of an address; its port is asked where it names one, else the usual ones are.
///
/// `Err` where the camera cannot be reached or refuses the password, with a remedy for its brand where that is known.
pub async fn find(
    host: &Url,
    credentials: Option<&Credentials>,
    limits: SearchLimits,
) -> Result<FindReport, ConnectFailure> {
    let end = Instant::now() + limits.total;
    let mut search = Search {
        host: host.clone(),
        credentials,
        limits,
        until: Instant::now() + limits.search,
        brand: None,
        takes_any: false,
        report: FindReport::default(),
    };
    let found = match search.greet().await {
        Ok(()) => search.paths().await,
        Err(failure) => Err(failure),
    };
    if let Err(failure) = found {
        return Err(search.with_remedy(failure));
    }
    search.watch(end).await;
    search.advise();
    Ok(search.report)
}

/// A main stream and the sub stream that goes with it, and whose they are.
type Candidate = (Option<&'static Brand>, &'static str, Option<&'static str>);

struct Search<'a> {
    /// With the port that answers, once it is known.
    host: Url,
    credentials: Option<&'a Credentials>,
    limits: SearchLimits,
    until: Instant,
    brand: Option<&'static Brand>,
    /// Whether it knows even the path that no camera has.
    takes_any: bool,
    report: FindReport,
}

impl Search<'_> {
    /// Finds the port, and the brand if the camera gives it away.
    async fn greet(&mut self) -> Result<(), ConnectFailure> {
        let target = Target::new(&self.address("/"))?;
        self.resolve(&target).await?;
        let ports = self.host.port().map_or(PORTS.to_vec(), |port| vec![port]);
        let nowhere = format!("/taimat-{:08x}", fastrand::u32(..));
        let mut refusal = None;
        for port in ports {
            let place = target.at(port).place();
            match ask(&place, &nowhere, self.limits.stream.connect).await {
                Ok(banner) => {
                    // An address with a host takes any port.
                    let _ = self.host.set_port(Some(port));
                    self.takes_any = (200..300).contains(&banner.status);
                    if let Some((brand, by)) = brands::greeted(&banner) {
                        self.guess(brand, by);
                    }
                    return Ok(());
                }
                // Some hang up on strangers; what they know will show.
                Err(failure) if failure.kind == FailureKind::Closed => {
                    let _ = self.host.set_port(Some(port));
                    return Ok(());
                }
                Err(failure) if failure.kind == FailureKind::Refused => {
                    refusal.get_or_insert(failure);
                }
                Err(failure) => {
                    refusal.get_or_insert(failure);
                    break;
                }
            }
        }
        if let Some(brand) = by_port(&target).await {
            self.guess(brand, GuessedBy::Port);
        }
        Err(refusal.unwrap_or_else(|| failure::unreachable(&target.place())))
    }

    async fn resolve(&self, target: &Target) -> Result<(), ConnectFailure> {
        let lookup = tokio::net::lookup_host((target.host.as_str(), target.port));
        let found = timeout(self.limits.stream.connect, lookup).await.ok().and_then(Result::ok);
        match found.and_then(|mut all| all.next()) {
            Some(_) => Ok(()),
            None => Err(failure::host_not_found(target)),
        }
    }

    /// Asks for path after path until one has video, then for the sub stream that goes with it.
    async fn paths(&mut self) -> Result<(), ConnectFailure> {
        for (brand, main, sub) in order(self.brand) {
            if self.report.tried.len() >= MOST || Instant::now() >= self.until {
                self.report.advice.push(Sentence::new(
                    "Chưa thử hết các đường dẫn vì đã hết thời gian.",
                    "Not every path was tried: the time was up.",
                ));
                break;
            }
            let path = at_channel(main, 1);
            let url = match self.look(&path).await {
                Ok(None) => continue,
                Ok(Some(url)) => url,
                Err(failure) => {
                    if failure.kind == FailureKind::WrongPassword {
                        self.recognise(&path, brand).await;
                    }
                    return Err(failure);
                }
            };
            self.report.main_url = Some(url);
            if let Some(sub) = sub {
                self.report.sub_url = self.look(&at_channel(sub, 1)).await?;
            }
            self.recognise(&path, brand).await;
            self.channels(main, sub.filter(|_| self.report.sub_url.is_some())).await;
            break;
        }
        Ok(())
    }

    /// Looks for further channels, with the paths by which the first one was found.
    async fn channels(&mut self, main: &str, sub: Option<&str>) {
        if self.takes_any || !brands::numbered(main) {
            return;
        }
        let mut unused = 0;
        for number in 2..=MOST_CHANNELS {
            if unused == UNUSED || Instant::now() >= self.until {
                return;
            }
            let address = self.address(&at_channel(main, number));
            match look(&address, self.limits.stream).await {
                Ok(()) => {
                    if self.report.channels.is_empty() {
                        let none = self.address(&at_channel(main, NO_CHANNEL));
                        if look(&none, self.limits.stream).await.is_ok() {
                            return;
                        }
                    }
                    let sub_url = sub.map(|sub| self.address(&at_channel(sub, number)).url);
                    self.report.channels.push(FoundChannel { number, main_url: address.url, sub_url });
                    unused = 0;
                }
                Err(failure) if !is_of_the_camera(failure.kind) => unused += 1,
                // It may have enough of us by now: what was found stays found.
                Err(failure) => {
                    tracing::debug!(number, "no further channels are looked for: {failure}");
                    return;
                }
            }
        }
    }

    /// Guesses the brand, where it is not known yet, by a path that the camera knows. Some name their realm there only.
    async fn recognise(&mut self, path: &str, of: Option<&'static Brand>) {
        if self.brand.is_some() {
            return;
        }
        let place = Target::new(&self.address("/")).map(|target| target.place());
        if let Ok(place) = place
            && let Ok(banner) = ask(&place, path, self.limits.stream.answer).await
            && let Some((brand, by)) = brands::greeted(&banner)
        {
            self.guess(brand, by);
        } else if let Some(brand) = of.filter(|_| !self.takes_any) {
            self.guess(brand, GuessedBy::Path);
        }
    }

    /// Whether there is video at a path; an error where nothing better can be hoped for from another one.
    async fn look(&mut self, path: &str) -> Result<Option<Url>, ConnectFailure> {
        let address = self.address(path);
        let outcome = look(&address, self.limits.stream).await;
        let failure = outcome.as_ref().err().map(|failure| failure.kind);
        self.report.tried.push(TriedPath { path: path.to_owned(), failure });
        match outcome {
            Ok(()) => Ok(Some(address.url)),
            // What was found stays found, though the camera may have enough of us by now.
            Err(_) if self.report.main_url.is_some() => Ok(None),
            Err(failure) if is_of_the_camera(failure.kind) => Err(failure),
            Err(_) => Ok(None),
        }
    }

    /// Watches what was found for a while.
    async fn watch(&mut self, end: Instant) {
        let found = [
            (StreamKind::Main, self.report.main_url.clone()),
            (StreamKind::Sub, self.report.sub_url.clone()),
        ];
        let streams: Vec<_> = found
            .into_iter()
            .filter_map(|(kind, url)| Some((kind, StreamAddress { url: url?, ..self.address("/") })))
            .collect();
        if streams.is_empty() {
            return;
        }
        match timeout_at(end, probe_within(&streams, self.limits.watch, self.limits.stream)).await {
            Ok(Ok(seen)) => self.report.streams = seen.into_iter().map(|seen| seen.report).collect(),
            Ok(Err((_, failure))) => {
                self.report.advice.push(joined(&failure.message, &failure.remedy));
            }
            Err(_) => self.report.advice.push(Sentence::new(
                "Đã tìm thấy luồng nhưng không kịp xem thử; hãy thử lại riêng camera này.",
                "The streams were found, but there was no time left to try them; try the camera by itself.",
            )),
        }
    }

    fn advise(&mut self) {
        if self.report.main_url.is_none() {
            self.report.advice.push(Sentence::new(
                "Camera trả lời nhưng không nhận đường dẫn quen thuộc nào. Tìm địa chỉ RTSP trong hướng dẫn hoặc ứng dụng \
                 của camera rồi nhập tay.",
                "The camera answers, but knows none of the usual paths. Look for its RTSP address in its manual or app \
                 and enter it by hand.",
            ));
        } else if self.takes_any {
            self.report.advice.push(Sentence::new(
                "Camera nhận mọi đường dẫn: xem hình thử để chắc luồng chính và luồng phụ đúng như mong muốn.",
                "The camera takes any path: look at the pictures to be sure which stream is which.",
            ));
        }
        self.report.advice.extend(self.brand.and_then(Brand::note));
    }

    fn with_remedy(&self, failure: ConnectFailure) -> ConnectFailure {
        let Some(brand) = self.brand else { return failure };
        let special = match failure.kind {
            FailureKind::WrongPassword => brand.account(),
            FailureKind::Refused | FailureKind::TimedOut => brand.closed(),
            _ => None,
        };
        match special {
            Some(remedy) => ConnectFailure { remedy, ..failure },
            None => failure,
        }
    }

    fn guess(&mut self, brand: &'static Brand, by: GuessedBy) {
        self.brand = Some(brand);
        self.report.brand = Some(brand.name.to_owned());
        self.report.guessed_by = Some(by);
    }

    fn address(&self, path: &str) -> StreamAddress {
        let mut url = self.host.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(path);
        url.set_query(query);
        StreamAddress { url, credentials: self.credentials.cloned(), transport: Transport::Auto }
    }
}

/// Whether a failure is one of the whole camera: another path fares no better.
const fn is_of_the_camera(kind: FailureKind) -> bool {
    use FailureKind::{HostNotFound, NotRtsp, Refused, TimedOut, WrongPassword};
    matches!(kind, WrongPassword | Refused | TimedOut | HostNotFound | NotRtsp)
}

/// The brand whose own protocol is spoken at the host.
async fn by_port(target: &Target) -> Option<&'static Brand> {
    let doors: Vec<(&'static Brand, u16)> =
        BRANDS.iter().flat_map(|brand| brand.ports.iter().map(move |port| (brand, *port))).collect();
    let answers = join_all(doors.iter().map(|(_, port)| knock(&target.host, *port))).await;
    let open = |brand: &Brand| {
        doors.iter().zip(&answers).filter(|((of, _), open)| of.name == brand.name && **open).count()
    };
    // Ezviz has what Hikvision has, and more.
    BRANDS.iter().filter(|brand| open(brand) > 0).max_by_key(|brand| open(brand))
}

/// Whether somebody listens.
async fn knock(host: &str, port: u16) -> bool {
    /// In a local network an open port answers at once.
    const KNOCK: Duration = Duration::from_secs(1);
    matches!(timeout(KNOCK, TcpStream::connect((host, port))).await, Ok(Ok(_)))
}

/// The paths in the order in which they are asked for: of a brand, of the others, of none.
fn order(known: Option<&'static Brand>) -> Vec<Candidate> {
    let others = BRANDS.iter().filter(|brand| known.is_none_or(|known| known.name != brand.name));
    let of_brands = known
        .into_iter()
        .chain(others)
        .flat_map(|brand| brand.paths.iter().map(move |(main, sub)| (Some(brand), *main, *sub)));
    of_brands.chain(COMMON.iter().map(|(main, sub)| (None, *main, *sub))).collect()
}

fn joined(message: &Sentence, remedy: &Sentence) -> Sentence {
    Sentence::new(format!("{}. {}", message.vi, remedy.vi), format!("{}. {}", message.en, remedy.en))
}
