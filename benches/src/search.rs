//! `bench search`: the questions that people ask of months of events and days of recordings, through the functions
//! that the API calls, against one round trip to the same database.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use analysis::rules::backtest;
use anyhow::ensure;
use domain::{
    CameraId, Event, EventId, ObjectClass, PlaceId, Rule, RuleId, StreamKind, TimeRange, Timestamp,
};
use index::{ClusterSettings, Columns, EventCursor, EventQuery, Index, PrivateCluster, Visibility};
use tokio_util::sync::CancellationToken;

mod world;

use world::{Dice, World};

/// Settings of the search bench.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many cameras.
    #[arg(long, default_value_t = 42)]
    cameras: usize,
    /// How many events, spread over 60 days.
    #[arg(long, default_value_t = 300_000)]
    events: u64,
    /// How many segments of a minute, all cameras together, up to now.
    #[arg(long, default_value_t = 700_000)]
    segments: u64,
    /// How often each question is asked, each time of another camera, place or time.
    #[arg(long, default_value_t = 300)]
    runs: u32,
}

const DAY: Duration = Duration::from_hours(24);
/// What the goal says.
const GOAL: Duration = Duration::from_millis(20);

/// Runs the bench and prints its table.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(arguments.cameras >= 6 && arguments.runs >= 10, "at least 6 cameras and 10 runs are needed");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let data = tempfile::tempdir()?;
        // Where this runs as root, PostgreSQL's user must get in.
        std::fs::set_permissions(data.path(), std::fs::Permissions::from_mode(0o755))?;
        let settings = ClusterSettings { data: data.path().to_owned(), durable: true };
        let cluster = PrivateCluster::start(settings, CancellationToken::new()).await?;
        let result = measure(arguments, &cluster, data.path()).await;
        cluster.stop().await;
        result
    })
}

async fn measure(arguments: &Arguments, cluster: &PrivateCluster, data: &Path) -> anyhow::Result<()> {
    let index = Index::open(cluster.database()).await?;
    let mut world = World::build(arguments.cameras, arguments.segments, &index).await?;
    world.fill(arguments.events, &index, &data.join("spool")).await?;
    let world = world;
    let mut figures = Vec::new();
    let runs = arguments.runs;
    figures.push(time("baseline: SELECT 1", runs, async |_| index.ping().await.map(|()| 1)).await?);
    let events = async |query: EventQuery| index.search_events(&query).await.map(|page| page.events.len());
    let all = || EventQuery { visible: Visibility::All, limit: 100, ..EventQuery::default() };
    let latest = async |dice: &mut Dice| {
        events(EventQuery { cameras: vec![dice.pick(&world.cameras).id], ..all() }).await
    };
    figures.push(time("1 latest 100 of a camera", runs, latest).await?);
    let camera_day = async |dice: &mut Dice| {
        let query =
            EventQuery { cameras: vec![dice.pick(&world.cameras).id], range: Some(world.day(dice)), ..all() };
        events(query).await
    };
    figures.push(time("2 a day of a camera", runs, camera_day).await?);
    let day = async |dice: &mut Dice| events(EventQuery { range: Some(world.day(dice)), ..all() }).await;
    figures.push(time("3 24 hours of all cameras", runs, day).await?);
    let review = async |dice: &mut Dice| {
        let classes = vec![ObjectClass::Person, ObjectClass::Motorcycle];
        let (range, visible) = (Some(world.day(dice)), Visibility::Places(vec![world.root]));
        events(EventQuery { classes, range, visible, min_score: Some(0.7), moving: Some(true), ..all() })
            .await
    };
    figures.push(time("4 to review: people and motorcycles of a day, sure, moving", runs, review).await?);
    let ranges = async |dice: &mut Dice| {
        let (camera, range) = (dice.pick(&world.cameras).id, world.recorded_day(dice));
        let found = index.recording_ranges(camera, StreamKind::Main, range, Duration::from_secs(5)).await?;
        Ok(found.len())
    };
    figures.push(time("5 ranges of recordings of a camera's day", runs, ranges).await?);
    let timeline = async |dice: &mut Dice| {
        let (camera, range) = (dice.pick(&world.cameras).id, world.last_hour());
        let segments = index.segments_in(camera, StreamKind::Main, range).await?;
        index.gaps_in(camera, range).await?;
        index.activity_in(camera, range).await?;
        events(EventQuery { cameras: vec![camera], range: Some(range), ..all() }).await?;
        Ok(segments.len())
    };
    figures
        .push(time("6 latest timeline: segments, gaps, activity, events of an hour", runs, timeline).await?);
    let place = async |dice: &mut Dice| {
        let place = *dice.pick(&world.places);
        events(EventQuery { places: vec![place], range: Some(world.week(dice)), ..all() }).await
    };
    figures.push(time("7 a week of a place and all below it", runs, place).await?);
    let radius = async |dice: &mut Dice| {
        let near = Some((World::somewhere(dice), 1000.0));
        events(EventQuery { near, range: Some(world.week(dice)), ..all() }).await
    };
    figures.push(time("8 a week within 1 km of a point", runs, radius).await?);
    let polygon = async |dice: &mut Dice| {
        let polygon = Some(vec![World::square(dice)]);
        events(EventQuery { polygon, classes: vec![ObjectClass::Car], ..all() }).await
    };
    figures.push(time("9 cars within a polygon", runs, polygon).await?);

    let rare = async |dice: &mut Dice| {
        let query = EventQuery { classes: vec![ObjectClass::Bus], min_score: Some(0.95), ..all() };
        events(EventQuery { places: vec![*dice.pick(&world.places)], ..query }).await
    };
    figures.push(time("  hard: sure buses at a place, few of them", runs, rare).await?);
    let deep = async |dice: &mut Dice| {
        let first_seen = world.week(dice).from;
        events(EventQuery { cursor: Some(EventCursor { first_seen, id: EventId::generate() }), ..all() })
            .await
    };
    figures.push(time("  hard: a page from the middle of everything", runs, deep).await?);
    let none = async |_: &mut Dice| {
        events(EventQuery { min_duration: Some(DAY), min_score: Some(0.9), moving: Some(true), ..all() })
            .await
    };
    figures.push(time("  hard: nothing matches, and no index tells", runs.min(50), none).await?);
    let one = async |dice: &mut Dice| {
        let id = *dice.pick(&world.known);
        index.event(id).await.map(|_| 1)
    };
    figures.push(time("  one event by its identifier", runs, one).await?);
    let latest_end = async |dice: &mut Dice| {
        index
            .latest_segment_end(dice.pick(&world.cameras).id, StreamKind::Main)
            .await
            .map(|end| usize::from(end.is_some()))
    };
    figures.push(time("  end of a camera's recording", runs, latest_end).await?);
    figures.extend(counts(runs, &index, &world).await?);
    figures.extend(backtests(runs, &index, &world).await?);
    print(&figures);
    index.close().await;
    Ok(())
}

/// Everything that matches counted, as the timeline of a search shows it.
async fn counts(runs: u32, index: &Index, world: &World) -> anyhow::Result<[Figure; 3]> {
    let counted = async |range: TimeRange| {
        let query = EventQuery { range: Some(range), visible: Visibility::All, ..EventQuery::default() };
        let columns = Columns { start: range.from, length: range.to.since(range.from) / 60 };
        let counts = index.count_events(&query, columns).await?.unwrap_or_default();
        Ok(counts.cameras.iter().map(|(_, count)| *count as usize).sum())
    };
    let all = TimeRange { from: world.last_hour().to - 60 * DAY, to: world.last_hour().to };
    Ok([
        time("  counted: 24 hours of all cameras", runs, async |dice| counted(world.day(dice)).await).await?,
        time("  counted: a week of all cameras", runs.min(50), async |dice| counted(world.week(dice)).await)
            .await?,
        time("  counted: everything", runs.min(10), async |_| counted(all).await).await?,
    ])
}

/// A rule over stored tracks, as before it is switched on.
async fn backtests(runs: u32, index: &Index, world: &World) -> anyhow::Result<[Figure; 2]> {
    let rule = Arc::new(stays_in_the_middle(world.root)?);
    let all = || EventQuery { visible: Visibility::All, ..EventQuery::default() };
    let of_camera = async |dice: &mut Dice| {
        let cameras = vec![dice.pick(&world.cameras).id];
        backtested(index, &rule, EventQuery { cameras, range: Some(world.week(dice)), ..all() }).await
    };
    let of_all = async |dice: &mut Dice| {
        backtested(index, &rule, EventQuery { range: Some(world.week(dice)), ..all() }).await
    };
    Ok([
        time("  a rule over a week of a camera", runs.min(50), of_camera).await?,
        time("  a rule over a week of all cameras", runs.min(10), of_all).await?,
    ])
}

/// A rule that takes all that a rule can take: a zone, a time, every object.
fn stays_in_the_middle(place_id: PlaceId) -> anyhow::Result<Rule> {
    let spec = serde_json::json!({"name": "Đứng lâu", "severity": "alert", "condition": {"type": "stays", "seconds": 5,
        "zone": {"name": "Giữa", "corners": [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]}}});
    let spec = serde_json::from_value(spec)?;
    Ok(Rule { id: RuleId::generate(), place_id, spec, created_at: Timestamp::default(), version: 1 })
}

/// Runs a rule over stored events as the API does; the events that it looked at.
async fn backtested(index: &Index, rule: &Arc<Rule>, mut query: EventQuery) -> index::Result<usize> {
    query.limit = 1000;
    let mut events: HashMap<CameraId, Vec<Event>> = HashMap::new();
    loop {
        let page = index.search_events(&query).await?;
        for record in page.events {
            events.entry(record.event.camera_id).or_default().push(record.event);
        }
        match page.next {
            None => break,
            next => query.cursor = next,
        }
    }
    let mut count = 0;
    for events in events.values() {
        count += events.len();
        std::hint::black_box(backtest(rule, events));
    }
    Ok(count)
}

/// How long one question took.
struct Figure {
    name: &'static str,
    /// Sorted.
    times: Vec<Duration>,
    /// Rows of the answers, all together.
    rows: usize,
}

impl Figure {
    fn percentile(&self, percent: usize) -> Duration {
        let position = (self.times.len() * percent).div_ceil(100).saturating_sub(1);
        self.times.get(position).copied().unwrap_or_default()
    }
}

async fn time(
    name: &'static str,
    runs: u32,
    mut question: impl AsyncFnMut(&mut Dice) -> index::Result<usize>,
) -> anyhow::Result<Figure> {
    let mut dice = Dice(7);
    for _ in 0..5 {
        question(&mut dice).await?;
    }
    let (mut times, mut rows) = (Vec::new(), 0);
    for _ in 0..runs {
        let started = Instant::now();
        rows += question(&mut dice).await?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(Figure { name, times, rows })
}

fn print(figures: &[Figure]) {
    println!("{:<66} {:>8} {:>8} {:>8} {:>10}", "question", "p50 ms", "p99 ms", "max ms", "rows/run");
    for figure in figures {
        let [p50, p99, max] = [50, 99, 100].map(|percent| figure.percentile(percent).as_secs_f64() * 1000.0);
        let rows = figure.rows as f64 / figure.times.len() as f64;
        println!("{:<66} {p50:>8.2} {p99:>8.2} {max:>8.2} {rows:>10.1}", figure.name);
    }
    let nine = figures.iter().filter(|figure| figure.name.starts_with(|c: char| c.is_ascii_digit()));
    let worst = nine.map(|figure| figure.percentile(99)).max().unwrap_or_default();
    let met = if worst < GOAL { "met" } else { "missed" };
    println!(
        "worst p99 of the nine: {:.2} ms (goal: under {} ms): {met}",
        worst.as_secs_f64() * 1e3,
        GOAL.as_millis()
    );
}
